package io.alignstream.languagemodel.torch;

import ai.djl.Device;
import ai.djl.engine.Engine;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The device that setting {@value TorchRuntime#DEVICE} asks for.
 *
 * @param value {@code auto} (the first card, or the processor where there is none), {@code cpu} or {@code cuda:N}
 */
record DeviceChoice(String value) {

    private static final Pattern CARD = Pattern.compile("cuda:([0-9]{1,3})");

    /**
     * The choice that {@code value} makes.
     *
     * @throws IllegalArgumentException if it is none
     */
    static DeviceChoice of(String value) {
        if (!value.equals("auto")
                && !value.equals("cpu")
                && !CARD.matcher(value).matches()) {
            throw new IllegalArgumentException(TorchRuntime.DEVICE + " is \"" + value
                    + "\" but must be auto, cpu or cuda:N, N the number of a card from 0 on");
        }
        return new DeviceChoice(value);
    }

    /** How many cards libtorch can compute on: none unless it is a CUDA build. */
    static int cards() {
        return Engine.getEngine("PyTorch").hasCapability("CUDA") ? CudaDriver.count() : 0;
    }

    /**
     * The device, where there are so many cards.
     *
     * @throws IllegalStateException if the card is not among them
     */
    Device among(int cards) {
        Matcher card = CARD.matcher(value);
        if (!card.matches()) {
            return value.equals("auto") && cards > 0 ? Device.gpu(0) : Device.cpu();
        }
        int number = Integer.parseInt(card.group(1));
        if (number >= cards) {
            throw new IllegalStateException(TorchRuntime.DEVICE + " is " + value + " but "
                    + (cards == 0
                            ? "libtorch finds no card: either it is no CUDA build (PYTORCH_LIBRARY_PATH names the folder of"
                                    + " one), or the driver shows none (see nvidia-smi)"
                            : "there are only " + names(cards))
                    + "; name one that there is, or cpu");
        }
        return Device.gpu(number);
    }

    private static String names(int cards) {
        return IntStream.range(0, cards).mapToObj(number -> "cuda:" + number).collect(Collectors.joining(", "));
    }
}
