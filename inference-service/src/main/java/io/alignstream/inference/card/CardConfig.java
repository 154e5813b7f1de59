package io.alignstream.inference.card;

import io.alignstream.stageruntime.settings.Between;
import io.alignstream.training.card.CarbonEstimate;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.Optional;

/** Settings of model cards, {@code alignstream.card.*}; {@code ./alignstream card} and {@code export} go by them, too. */
@ConfigMapping(prefix = "alignstream.card")
public interface CardConfig {

    /** Licence of the models, as Hugging Face names licences, for example apache-2.0; without it a card says that none is stated. */
    Optional<String> licence();

    /**
     * Assumed watts of a logical processor at work, for the estimate of energy where no meter can be read. The default is what a
     * busy one takes at large clouds (Cloud Carbon Footprint, AWS).
     */
    @WithDefault("3.5")
    @Between(least = "0", greatest = "10000")
    double watts();

    /** Assumed watts of a card at work. The default is the limit that the maker of the H100 and H200 names. */
    @WithDefault("700")
    @Between(least = "0", greatest = "100000")
    double cardWatts();

    /** Assumed grams of CO₂ equivalent a kilowatt-hour. The default is the world's in 2024 (Ember, Global Electricity Review 2025). */
    @WithDefault("473")
    @Between(least = "0", greatest = "10000")
    double gramsPerKwh();

    /** What estimates assume. */
    default CarbonEstimate.Assumptions assumptions() {
        return new CarbonEstimate.Assumptions(watts(), cardWatts(), gramsPerKwh());
    }
}
