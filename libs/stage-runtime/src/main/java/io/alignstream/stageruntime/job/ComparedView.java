package io.alignstream.stageruntime.job;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Topic;
import io.alignstream.stageruntime.Question;
import io.alignstream.stageruntime.View;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;

/**
 * What a stage compares: its topics, and what the reconciler knows.
 *
 * @param abandoned runs that are not begun again by themselves
 * @param quiet whether all topics count as quiet, because the stage has waited long enough for events to stop coming
 */
record ComparedView(View view, Set<String> abandoned, boolean quiet) implements View {

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
        return quiet ? ChronoUnit.FOREVER.getDuration() : view.quietFor(topic);
    }
}
