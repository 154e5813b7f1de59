package io.alignstream.stageruntime.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.type.LogicalType;
import java.io.IOException;

/** Reads a number, and no infinity where more digits stand than a double can hold. */
final class FiniteDouble extends StdScalarDeserializer<Double> {

    private static final long serialVersionUID = 1;

    FiniteDouble(Class<Double> type) {
        super(type);
    }

    @Override
    public LogicalType logicalType() {
        return LogicalType.Float;
    }

    @Override
    public Double deserialize(JsonParser json, DeserializationContext context) throws IOException {
        double number = _parseDoublePrimitive(json, context);
        if (!Double.isFinite(number)) {
            throw new InputCoercionException(
                    json, "a number out of range of double", json.currentToken(), Double.class);
        }
        return number;
    }
}
