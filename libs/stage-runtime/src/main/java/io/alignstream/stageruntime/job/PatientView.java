package io.alignstream.stageruntime.job;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Topic;
import io.alignstream.stageruntime.Question;
import io.alignstream.stageruntime.View;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** A view whose topics all count as quiet: of a stage that has waited long enough for events to stop coming. */
record PatientView(View view) implements View {

    @Override
    public <T> List<T> newestByKey(Topic<T> topic) {
        return view.newestByKey(topic);
    }

    @Override
    public DatasetSnapshot snapshot(Topic<?> topic) {
        return view.snapshot(topic);
    }

    @Override
    public long count(Topic<?> topic) {
        return view.count(topic);
    }

    @Override
    public <T> T answer(Question<T> question) {
        return view.answer(question);
    }

    @Override
    public Duration quietFor(Topic<?> topic) {
        return ChronoUnit.FOREVER.getDuration();
    }
}
