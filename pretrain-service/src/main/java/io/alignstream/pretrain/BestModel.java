package io.alignstream.pretrain;

/**
 * The best validation so far; immutable.
 *
 * @param step at which it was measured; 0 before the first one
 * @param bitsPerByte the figure
 * @param worse validations since then, all of them worse
 */
record BestModel(long step, double bitsPerByte, int worse) {

    static final BestModel NONE = new BestModel(0, 0, 0);

    boolean isBeatenBy(double figure) {
        return step == 0 || figure < bitsPerByte;
    }

    BestModel after(long atStep, double figure) {
        return isBeatenBy(figure) ? new BestModel(atStep, figure, 0) : new BestModel(step, bitsPerByte, worse + 1);
    }
}
