package io.alignstream.languagemodel.checkpoint;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.capacity.Capacity;
import io.alignstream.languagemodel.capacity.StoreFullException;
import io.alignstream.languagemodel.checkpoint.CheckpointFiles.IdentifiedManifest;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
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
    private static final Pattern NOTE = Pattern.compile("([a-z]+)-([0-9]{18})-([0-9a-f-]{36,64})");

    private static final String OWNER = "owner";
    private static final String RESULT = "result";
    /** What retention has removed of a checkpoint. */
    private static final String REMOVED = "removed";

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

    /** Every object of a run, by its path below the run's folder: {@code note} or {@code checkpoint/file}. */
    abstract Map<String, StoredObject> objects(Stage stage, String run) throws IOException;

    /** Deletes a file of a finished checkpoint; it may be gone already. */
    abstract void deleteFile(CheckpointName name, String file) throws IOException;

    /** What the whole store may hold. */
    abstract Capacity capacity();

    /** An object and when it was written, by the store's clock. */
    record StoredObject(long size, Instant written) {}

    @Override
    public Reference save(Lease lease, Manifest draft, Content content) throws IOException {
        return saveInRoom(lease, draft, content, lease.epoch());
    }

    @Override
    public Reference save(Manifest draft, Content content) throws IOException {
        return saveInRoom(null, draft, content, 0);
    }

    private Reference saveInRoom(@Nullable Lease lease, Manifest draft, Content content, long epoch)
            throws IOException {
        Reference saved;
        try {
            saved = save(lease, draft, content, epoch);
        } catch (StoreFullException e) {
            LOG.atWarn()
                    .addKeyValue("store", e.getMessage())
                    .log("No room for a checkpoint: deletes what nobody needs");
            if (!capacity().relieve()) {
                throw e;
            }
            saved = save(lease, draft, content, epoch);
        }
        if (draft.complete()) {
            forgetRemoval(draft.stage(), draft.run(), saved.sha256());
        }
        return saved;
    }

    /** Fails, before a checkpoint exists, if it does not fit into what the store may hold. */
    void requireRoom(IdentifiedManifest identified) throws IOException {
        capacity()
                .require(
                        identified.reference().size(),
                        this::used,
                        identified.root().toString());
    }

    /** All of the files are there again. */
    void forgetRemoval(Stage stage, String run, String sha256) throws IOException {
        for (Note note : notes(stage, run, REMOVED)) {
            if (note.id().equals(sha256)) {
                deleteNote(stage, run, note.name());
            }
        }
    }

    /** Says of a copy what was removed of the original. */
    void keepRemoval(Stage stage, String run, String sha256, Removal removal) throws IOException {
        write(stage, run, new Note(REMOVED, 0, sha256).name(), removal.toJson());
    }

    /** What was removed of a checkpoint; a small object beside it. */
    record Removal(SortedSet<String> files, boolean all, String when) {

        static final int MAX_BYTES = 1 << 20;

        private static final JsonMapper JSON = JsonMapper.builder()
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .build();

        static Removal of(Manifest manifest, Set<String> files) {
            return new Removal(
                    new TreeSet<>(files),
                    files.containsAll(manifest.files().keySet()),
                    Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        }

        static Removal parse(byte[] json) throws IOException {
            return JSON.readValue(json, Removal.class);
        }

        byte[] toJson() throws IOException {
            return JSON.writeValueAsBytes(this);
        }

        Instant at() {
            return Instant.parse(when);
        }
    }

    /** What was removed of a checkpoint, all removals together; empty if nothing was. */
    Optional<Removal> removal(Stage stage, String run, String sha256) throws IOException {
        Removal all = null;
        for (Note note : notes(stage, run, REMOVED)) {
            Optional<byte[]> json = note.id().equals(sha256) ? note(stage, run, note.name()) : Optional.<byte[]>empty();
            if (json.isPresent()) {
                Removal one = Removal.parse(json.get());
                all = all == null || one.all() ? one : all;
            }
        }
        return Optional.ofNullable(all);
    }

    /**
     * The files that a checkpoint may lack because they were removed.
     *
     * @throws DamagedCheckpointException.Removed if these are all of them
     */
    Set<String> absent(IdentifiedManifest identified) throws IOException {
        Optional<Removal> removal =
                removal(identified.manifest().stage(), identified.manifest().run(), identified.sha256());
        if (removal.isPresent() && removal.get().all()) {
            throw new DamagedCheckpointException.Removed(
                    identified.name(), removal.get().at());
        }
        return removal.<Set<String>>map(Removal::files).orElse(Set.of());
    }

    @Override
    public long remove(Lease lease, Reference reference, Set<String> files) throws IOException {
        CheckpointName name = CheckpointName.of(reference);
        IdentifiedManifest found = manifest(name);
        Manifest manifest = found.manifest();
        if (!manifest.complete() || !manifest.files().keySet().containsAll(files)) {
            throw new IllegalArgumentException("files of finished checkpoints can be removed, but " + name.path()
                    + (manifest.complete() ? " has not all of " + files : " is unfinished"));
        }
        Map<String, StoredObject> there = objects(name.stage(), name.run());
        Set<String> gone = new HashSet<>(files);
        removal(name.stage(), name.run(), found.sha256()).ifPresent(before -> gone.addAll(before.files()));
        requireHeld(lease);
        // Before the files go: whoever finds one missing knows why, also if this process dies in the middle.
        write(
                name.stage(),
                name.run(),
                new Note(REMOVED, lease.epoch(), found.sha256()).name(),
                Removal.of(manifest, gone).toJson());
        long bytes = 0;
        for (String file : files) {
            StoredObject object = there.get(name.folder() + "/" + file);
            if (object != null) {
                requireHeld(lease);
                deleteFile(name, file);
                bytes += object.size();
            }
        }
        for (Mark mark : Mark.values()) {
            mark(reference, mark, false);
        }
        return bytes;
    }

    @Override
    public Optional<Instant> removed(Reference reference) throws IOException {
        CheckpointName name = CheckpointName.of(reference);
        Optional<Removal> removal =
                removal(name.stage(), name.run(), reference.sha256()).filter(Removal::all);
        if (removal.isEmpty()) {
            return Optional.empty();
        }
        Set<String> there = objects(name.stage(), name.run()).keySet();
        boolean back = manifest(reference).files().keySet().stream()
                .allMatch(file -> there.contains(name.folder() + "/" + file));
        return back ? Optional.empty() : removal.map(Removal::at);
    }

    @Override
    public void mark(Reference reference, Mark mark, boolean marked) throws IOException {
        CheckpointName name = CheckpointName.of(reference);
        String kind = mark.name().toLowerCase(Locale.ROOT);
        Note note = new Note(kind, 0, reference.sha256());
        boolean there = notes(name.stage(), name.run(), kind).contains(note);
        if (marked && !there) {
            write(name.stage(), name.run(), note.name(), new byte[0]);
        } else if (!marked && there) {
            deleteNote(name.stage(), name.run(), note.name());
        }
    }

    @Override
    public Holdings holdings(Stage stage, String run) throws IOException {
        Map<String, StoredObject> objects = objects(stage, run);
        Map<Note, Instant> notes = new HashMap<>();
        objects.forEach((path, object) -> Note.parse(path).ifPresent(note -> notes.put(note, object.written())));
        Instant lastSign = Instant.EPOCH;
        for (Map.Entry<Note, Instant> note : notes.entrySet()) {
            if (note.getKey().kind().equals(OWNER) && note.getValue().isAfter(lastSign)) {
                lastSign = note.getValue();
            }
        }
        List<IdentifiedManifest> all = all(stage, run);
        Optional<String> result = settled(stage, run, all);
        List<Holding> holdings = new ArrayList<>();
        for (IdentifiedManifest found : all) {
            Holding holding = holding(found, objects, notes, result);
            lastSign = holding.written().isAfter(lastSign) ? holding.written() : lastSign;
            holdings.add(holding);
        }
        return new Holdings(stage, run, lastSign, holdings);
    }

    private static Holding holding(
            IdentifiedManifest found,
            Map<String, StoredObject> objects,
            Map<Note, Instant> notes,
            Optional<String> result) {
        String folder = found.name().folder() + "/";
        StoredObject manifest = objects.get(folder + Manifest.FILE_NAME);
        TreeMap<String, Long> files = new TreeMap<>();
        for (String file : found.manifest().files().keySet()) {
            StoredObject object = objects.get(folder + file);
            if (object != null) {
                files.put(file, object.size());
            }
        }
        Map<Mark, Instant> marks = new EnumMap<>(Mark.class);
        for (Mark mark : Mark.values()) {
            Instant since = notes.get(new Note(mark.name().toLowerCase(Locale.ROOT), 0, found.sha256()));
            if (since != null) {
                marks.put(mark, since);
            }
        }
        return new Holding(
                found.reference(),
                found.manifest(),
                isResult(found, result),
                files,
                manifest == null ? Instant.now() : manifest.written(),
                marks);
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

    @Override
    public Optional<Lease> claimIdle(Stage stage, String run, Instant time) throws IOException {
        Manifest.requireName("run", run);
        // Before it is asked who is at work: whoever comes after this has the same epoch, or a newer one, and is seen
        // below.
        long newest = newestEpoch(stage, run);
        if (holdings(stage, run).lastSign().isAfter(time)) {
            return Optional.empty();
        }
        Owner owner = Owner.claiming();
        Note note = new Note(OWNER, newest + 1, owner.token());
        write(stage, run, note.name(), owner.toJson());
        if (settledNotes(stage, run, OWNER).stream()
                .allMatch(other -> other.equals(note) || other.epoch() < note.epoch())) {
            return Optional.of(new Lease(stage, run, note.epoch()));
        }
        deleteNote(stage, run, note.name());
        return Optional.empty();
    }

    @Override
    public void release(Lease lease) throws IOException {
        for (Note note : notes(lease.stage(), lease.run(), OWNER)) {
            if (note.epoch() == lease.epoch()) {
                deleteNote(lease.stage(), lease.run(), note.name());
            }
        }
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

    /**
     * Takes a checkpoint away that was stored by who lost its lease between its last look at it and the storing: of two that
     * look, one is late.
     */
    void requireStillHeld(Lease lease, CheckpointName stored) throws IOException {
        try {
            requireHeld(lease);
        } catch (LeaseLostException e) {
            if (stored.epoch() != 0) { // an unfinished one of this owner's; a finished one is whoever's has its content
                delete(stored);
            }
            throw e;
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
        Optional<String> settled = settled(stage, run, all);
        Set<String> seen = new HashSet<>();
        SequencedMap<Reference, Manifest> manifests = new LinkedHashMap<>();
        all.stream()
                .filter(found -> seen.add(found.sha256()))
                .filter(found -> isResult(found, settled))
                .forEach(found -> manifests.put(found.reference(), found.manifest()));
        return manifests;
    }

    /** Which of several finished checkpoints counts; empty where there is no choice. */
    private Optional<String> settled(Stage stage, String run, List<IdentifiedManifest> all) throws IOException {
        long complete =
                all.stream().filter(found -> found.manifest().complete()).count();
        return complete > 1 ? result(stage, run) : Optional.empty();
    }

    private static boolean isResult(IdentifiedManifest found, Optional<String> settled) {
        return !found.manifest().complete()
                || settled.isEmpty()
                || settled.get().equals(found.sha256());
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
        if (e instanceof DamagedCheckpointException.Removed) {
            return; // nobody has to look after that
        }
        LOG.atWarn()
                .addKeyValue("checkpoint", checkpoint)
                .addKeyValue("damage", e.getMessage())
                .log("Left out a damaged checkpoint");
    }
}
