package io.alignstream.stageruntime.tracking;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/** Where runs are told of besides here, {@code alignstream.tracking.*}; they change neither weights nor the ids of runs. */
@ConfigMapping(prefix = "alignstream.tracking")
public interface TrackingConfig {

    /**
     * Address of an MLflow tracking server that is told of runs, their parameters, figures and models, such as
     * https://mlflow.example.org. What it wants to see of a caller goes into the environment variable MLFLOW_TRACKING_TOKEN, or
     * MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.
     */
    Optional<URI> mlflow();

    /** Name of the experiment that runs belong to there; it is made where it is missing. */
    @WithDefault("alignstream")
    String experiment();

    /** Folder for TensorBoard's event files, in which each run gets a folder of its own, below that of its stage. */
    Optional<Path> tensorboard();
}
