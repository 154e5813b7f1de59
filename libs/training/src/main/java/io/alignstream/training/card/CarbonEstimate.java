package io.alignstream.training.card;

import io.alignstream.training.effort.Effort;

/**
 * What runs may have used and emitted, an estimate: hours times what is assumed.
 *
 * @param hours of work on all runs that are known
 * @param processorHours the same times logical processors
 * @param cardHours the same times cards
 * @param kilowattHours energy
 * @param kilograms of CO₂ equivalent
 * @param metered whether all energy was read from a meter; otherwise it is computed from the hours
 * @param assumptions what it is computed with
 */
public record CarbonEstimate(
        double hours,
        double processorHours,
        double cardHours,
        double kilowattHours,
        double kilograms,
        boolean metered,
        Assumptions assumptions) {

    private static final double SECONDS_AN_HOUR = 3600;
    private static final double JOULES_A_KILOWATT_HOUR = 3.6e6;
    private static final double WATTS_A_KILOWATT = 1000;
    private static final double GRAMS_A_KILOGRAM = 1000;

    /**
     * What an estimate assumes.
     *
     * @param watts of a logical processor at work
     * @param cardWatts of a card at work
     * @param gramsPerKilowattHour of CO₂ equivalent
     */
    public record Assumptions(double watts, double cardWatts, double gramsPerKilowattHour) {

        /**
         * A processor: what a busy one takes at large clouds (Cloud Carbon Footprint's methodology, AWS, 3.5 W). A card: its
         * maker's limit for an H100 or H200 (700 W). Electricity: the world's in 2024 (Ember, Global Electricity Review 2025).
         */
        public static final Assumptions DEFAULT = new Assumptions(3.5, 700, 473);

        public Assumptions {
            require("watts", watts, 10_000);
            require("card-watts", cardWatts, 100_000);
            require("grams-per-kwh", gramsPerKilowattHour, 10_000);
        }

        private static void require(String name, double value, double most) {
            if (!(value >= 0 && value <= most)) {
                throw new IllegalArgumentException(name + " is " + value + " but must lie between 0 and " + most);
            }
        }
    }

    /** Of what all runs have taken together. */
    static CarbonEstimate of(Effort effort, Assumptions assumptions) {
        double processorHours = effort.processorSeconds() / SECONDS_AN_HOUR;
        double cardHours = effort.cardSeconds() / SECONDS_AN_HOUR;
        double kilowattHours = effort.metered()
                ? effort.joules() / JOULES_A_KILOWATT_HOUR
                : (processorHours * assumptions.watts() + cardHours * assumptions.cardWatts()) / WATTS_A_KILOWATT;
        return new CarbonEstimate(
                effort.seconds() / SECONDS_AN_HOUR,
                processorHours,
                cardHours,
                kilowattHours,
                kilowattHours * assumptions.gramsPerKilowattHour() / GRAMS_A_KILOGRAM,
                effort.metered(),
                assumptions);
    }
}
