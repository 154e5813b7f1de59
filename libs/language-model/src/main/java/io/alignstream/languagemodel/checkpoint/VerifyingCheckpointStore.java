package io.alignstream.languagemodel.checkpoint;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointFiles.IdentifiedManifest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What every back end shares: order, leaving out what is damaged, and who may change a run. */
abstract class VerifyingCheckpointStore implements CheckpointStore {

    private static final Logger LOG = LoggerFactory.getLogger(VerifyingCheckpointStore.class);

    private static final Comparator<IdentifiedManifest> NEWEST_FIRST = Comparator.comparing(
                    (IdentifiedManifest found) -> !found.manifest().complete())
            .thenComparingLong(found -> -found.epoch())
            .thenComparingLong(found -> -found.manifest().step())
            .thenComparing(IdentifiedManifest::sha256);

    /**
     * Beside the checkpoints: that somebody claimed an epoch, and what a run's owner made its result. Names are unique, so
     * that nothing asks for conditional writes, which not every S3 service knows.
     */
    private static final Pattern NOTE = Pattern.compile("(owner|result)-([0-9]{18})-([0-9a-f-]{36,64})");

    private static final String OWNER = "owner";
    private static final String RESULT = "result";

    /** So often others can claim a run in the same moment. */
    private static final int CLAIMS = 100;

    /** Owners whose notes stay: who lists names while they change must miss them all to believe an epoch free. */
    private static final int KEPT_OWNERS = 16;

    private static final Duration AFTER_A_TIE = Duration.ofMillis(200);

    /** Names of a run's checkpoints, in any order; empty if there is no such run. */
    abstract List<CheckpointName> names(Stage stage, String run) throws IOException;

    abstract IdentifiedManifest manifest(CheckpointName name) throws IOException;

    /** Whether the checkpoint is fit to be kept: as {@link #open}, but a remote one may be left where it is. */
    abstract void verify(Reference reference) throws IOException;

    abstract void delete(CheckpointName name) throws IOException;

    /** Gives a checkpoint another name; it may be gone already. */
    abstract void move(CheckpointName from, CheckpointName to) throws IOException;

    /**
     * As {@link #save}.
     *
     * @param lease null if nobody owns the run; otherwise it is checked in the last moment before the checkpoint exists
     */
    abstract Reference save(@Nullable Lease lease, Manifest draft, Content content, long epoch) throws IOException;

    /** Names of the small objects beside a run's checkpoints. */
    abstract List<String> noteNames(Stage stage, String run) throws IOException;

    /** Empty if there is none. */
    abstract Optional<byte[]> note(Stage stage, String run, String name) throws IOException;

    /** Creates or replaces a small object. */
    abstract void write(Stage stage, String run, String name, byte[] bytes) throws IOException;

    abstract void deleteNote(Stage stage, String run, String name) throws IOException;

    @Override
    public Reference save(Lease lease, Manifest draft, Content content) throws IOException {
        return save(lease, draft, content, lease.epoch());
    }

    @Override
    public Reference save(Manifest draft, Content content) throws IOException {
        return save(null, draft, content, 0);
    }

    /** One of the small objects beside a run's checkpoints. */
    private record Note(String kind, long epoch, String id) {

        static Optional<Note> parse(String name) {
            Matcher matcher = NOTE.matcher(name);
            return matcher.matches()
                    ? Optional.of(new Note(matcher.group(1), Long.parseLong(matcher.group(2)), matcher.group(3)))
                    : Optional.empty();
        }

        String name() {
            return String.format(Locale.ROOT, "%s-%018d-%s", kind, epoch, id);
        }
    }

    private List<Note> notes(Stage stage, String run, String kind) throws IOException {
        return noteNames(stage, run).stream()
                .flatMap(name -> Note.parse(name).stream())
                .filter(note -> note.kind().equals(kind))
                .toList();
    }

    /** As often listed as it takes: file systems, and services on them, may pass over a name while others come and go. */
    private List<Note> settledNotes(Stage stage, String run, String kind) throws IOException {
        Set<Note> before = Set.copyOf(notes(stage, run, kind));
        for (int look = 0; look < CLAIMS; look++) {
            Set<Note> now = Set.copyOf(notes(stage, run, kind));
            if (now.equals(before)) {
                break;
            }
            before = now;
        }
        return List.copyOf(before);
    }

    @Override
    public Lease claim(Stage stage, String run) throws IOException {
        Manifest.requireName("run", run);
        for (int claim = 0; claim < CLAIMS; claim++) {
            Owner owner = Owner.claiming();
            Note note = new Note(OWNER, newestEpoch(stage, run) + 1, owner.token());
            write(stage, run, note.name(), owner.toJson());
            List<Note> others = settledNotes(stage, run, OWNER).stream()
                    .filter(other -> !other.equals(note))
                    .toList();
            // Whoever writes later sees this note, or a newer one: two cannot both believe that they are alone.
            if (others.stream().allMatch(other -> other.epoch() < note.epoch())) {
                Lease lease = new Lease(stage, run, note.epoch());
                takeOver(lease, others);
                return lease;
            }
            deleteNote(stage, run, note.name());
            LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(AFTER_A_TIE.toNanos()));
        }
        throw new IOException("cannot claim run " + run + " of stage " + stage.id() + ": " + CLAIMS
                + " times others did in the same moment; stop the services that work on it but one");
    }

    /** The newest first: whoever looks meanwhile, or after a crash, sees no older one as the newest. */
    private void takeOver(Lease lease, List<Note> formerOwners) throws IOException {
        for (IdentifiedManifest found : all(lease.stage(), lease.run())) {
            if (!found.manifest().complete() && found.epoch() < lease.epoch()) {
                move(found.name(), found.name().withEpoch(lease.epoch()));
            }
        }
        for (Note former : formerOwners) {
            if (former.epoch() <= lease.epoch() - KEPT_OWNERS) {
                deleteNote(lease.stage(), lease.run(), former.name());
            }
        }
    }

    private long newestEpoch(Stage stage, String run) throws IOException {
        long newest = 0;
        for (Note note : notes(stage, run, OWNER)) {
            newest = Math.max(newest, note.epoch());
        }
        for (CheckpointName name : names(stage, run)) {
            newest = Math.max(newest, name.epoch());
        }
        return newest;
    }

    @Override
    public void requireHeld(Lease lease) throws IOException {
        // The newest owner's note is always there: one is deleted only by newer owners.
        if (notes(lease.stage(), lease.run(), OWNER).stream().anyMatch(note -> note.epoch() > lease.epoch())) {
            throw new LeaseLostException(
                    lease.run(), owner(lease.stage(), lease.run()).orElse(Owner.UNKNOWN));
        }
    }

    @Override
    public void renew(Lease lease) throws IOException {
        requireHeld(lease);
        for (Note note : notes(lease.stage(), lease.run(), OWNER)) {
            if (note.epoch() == lease.epoch()) {
                Owner owner = owner(lease.stage(), lease.run(), note);
                write(lease.stage(), lease.run(), note.name(), owner.alive().toJson());
            }
        }
    }

    @Override
    public Optional<Owner> owner(Stage stage, String run) throws IOException {
        Optional<Note> newest = notes(stage, run, OWNER).stream().max(Comparator.comparingLong(Note::epoch));
        return newest.isEmpty() ? Optional.empty() : Optional.of(owner(stage, run, newest.get()));
    }

    private Owner owner(Stage stage, String run, Note note) throws IOException {
        return note(stage, run, note.name()).map(Owner::parse).orElse(Owner.UNKNOWN);
    }

    @Override
    public Reference settle(Lease lease, Reference complete) throws IOException {
        requireHeld(lease);
        Optional<String> settled = result(lease.stage(), lease.run());
        if (settled.isPresent()) {
            for (IdentifiedManifest found : all(lease.stage(), lease.run())) {
                if (found.manifest().complete()
                        && found.sha256().equals(settled.get())
                        && (found.sha256().equals(complete.sha256()) || isValid(found.reference()))) {
                    return found.reference();
                }
            }
            for (Note gone : notes(lease.stage(), lease.run(), RESULT)) { // what they name is missing or damaged
                deleteNote(lease.stage(), lease.run(), gone.name());
            }
        }
        Note result = new Note(RESULT, lease.epoch(), complete.sha256());
        write(lease.stage(), lease.run(), result.name(), new byte[0]);
        return complete;
    }

    /** A former owner that wakes up too late may have left a result, too: the newest owner's counts. */
    private Optional<String> result(Stage stage, String run) throws IOException {
        return notes(stage, run, RESULT).stream()
                .max(Comparator.comparingLong(Note::epoch))
                .map(Note::id);
    }

    @Override
    public Manifest manifest(Reference reference) throws IOException {
        IdentifiedManifest found = manifest(CheckpointName.of(reference));
        if (!found.sha256().equals(reference.sha256())) {
            throw new DamagedCheckpointException("the manifest of " + reference.uri() + " has sha256 " + found.sha256()
                    + " but should have " + reference.sha256());
        }
        return found.manifest();
    }

    @Override
    public SequencedMap<Reference, Manifest> manifests(Stage stage, String run) throws IOException {
        List<IdentifiedManifest> all = all(stage, run);
        long complete =
                all.stream().filter(found -> found.manifest().complete()).count();
        Optional<String> settled = complete > 1 ? result(stage, run) : Optional.empty();
        Set<String> seen = new HashSet<>();
        SequencedMap<Reference, Manifest> manifests = new LinkedHashMap<>();
        all.stream()
                .filter(found -> seen.add(found.sha256()))
                .filter(found -> !found.manifest().complete()
                        || settled.isEmpty()
                        || settled.get().equals(found.sha256()))
                .forEach(found -> manifests.put(found.reference(), found.manifest()));
        return manifests;
    }

    /** Every checkpoint with a valid manifest, those of former owners, too. */
    private List<IdentifiedManifest> all(Stage stage, String run) throws IOException {
        Manifest.requireName("run", run);
        List<IdentifiedManifest> valid = new ArrayList<>();
        for (CheckpointName name : names(stage, run)) {
            try {
                valid.add(manifest(name));
            } catch (DamagedCheckpointException e) {
                warn(name.path(), e);
            }
        }
        valid.sort(NEWEST_FIRST);
        return valid;
    }

    @Override
    public List<StoredCheckpoint> list(Stage stage, String run) throws IOException {
        return openUpTo(Integer.MAX_VALUE, stage, run);
    }

    @Override
    public Optional<StoredCheckpoint> newest(Stage stage, String run) throws IOException {
        return openUpTo(1, stage, run).stream().findFirst();
    }

    private List<StoredCheckpoint> openUpTo(int count, Stage stage, String run) throws IOException {
        List<StoredCheckpoint> opened = new ArrayList<>();
        for (Reference reference : manifests(stage, run).keySet()) {
            if (opened.size() == count) {
                break;
            }
            try {
                opened.add(open(reference));
            } catch (DamagedCheckpointException e) {
                warn(reference.uri(), e);
            }
        }
        return opened;
    }

    /** What is found before the lease is checked was needless when nobody else owned the run: to delete it is safe. */
    @Override
    public void prune(Lease lease, int keep, Set<String> alsoKept) throws IOException {
        int kept = 0;
        Set<String> seen = new HashSet<>();
        for (IdentifiedManifest found : unfinished(lease)) {
            boolean twice = !seen.add(found.sha256());
            // A damaged one is no substitute for an older valid one.
            if (!twice && kept < keep && isValid(found.reference())) {
                kept++;
            } else if (twice || kept >= keep && !alsoKept.contains(found.sha256())) {
                requireHeld(lease);
                delete(found.name());
            }
        }
    }

    @Override
    public void rewind(Lease lease, long step) throws IOException {
        for (IdentifiedManifest found : unfinished(lease)) {
            if (found.manifest().step() > step) {
                requireHeld(lease);
                delete(found.name());
            }
        }
    }

    private List<IdentifiedManifest> unfinished(Lease lease) throws IOException {
        return all(lease.stage(), lease.run()).stream()
                .filter(found -> !found.manifest().complete() && found.epoch() <= lease.epoch())
                .toList();
    }

    private boolean isValid(Reference reference) throws IOException {
        try {
            verify(reference);
            return true;
        } catch (DamagedCheckpointException e) {
            warn(reference.uri(), e);
            return false;
        }
    }

    private static void warn(Object checkpoint, DamagedCheckpointException e) {
        LOG.atWarn()
                .addKeyValue("checkpoint", checkpoint)
                .addKeyValue("damage", e.getMessage())
                .log("Left out a damaged checkpoint");
    }
}
