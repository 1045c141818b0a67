package chaos

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"mandelfarm/job"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// record is what clients saw. It is safe for concurrent use.
type record struct {
	begun time.Time

	mu       sync.Mutex
	jobs     map[spec.ID]*seen
	answers  map[string]int // by what they were
	wrong    []string       // what contradicts what is promised
	ends     []time.Time    // when jobs were first seen done
	pictures map[spec.ID][sha256.Size]byte
	deaths   map[string]time.Time // of processes, by the number that their names have
	spoiling bool                 // whatever is read of any job now may be damaged
	shifted  bool                 // the clocks of processes were set, so that their times say nothing
}

// seen is what was seen of a job.
type seen struct {
	spec     spec.Spec
	accepted bool // 202 or 200 was answered
	unwanted bool // its cancellation was asked for, and may have been heard though nobody said so
	canceled bool // 200 was answered to that
	damaged  bool // something of it in storage was, so that it may be drawn again
	state    job.State
	bands    int // that were drawn
	finished time.Time
}

func newRecord() *record {
	return &record{begun: time.Now(), jobs: map[spec.ID]*seen{}, answers: map[string]int{}, pictures: map[spec.ID][sha256.Size]byte{}, deaths: map[string]time.Time{}}
}

// job of an ID; mu is held.
func (r *record) job(id spec.ID) *seen {
	j := r.jobs[id]
	if j == nil {
		j = &seen{}
		r.jobs[id] = j
	}
	return j
}

func (r *record) contradicted(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.contradictedLocked(format, args...)
}

func (r *record) contradictedLocked(format string, args ...any) {
	r.wrong = append(r.wrong, fmt.Sprintf("%s: ", time.Since(r.begun).Round(time.Millisecond))+fmt.Sprintf(format, args...))
}

// contradictions are all so far.
func (r *record) contradictions() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.wrong...)
}

// answered notes an answer, whose status is to be one of those that the client understands, or one of those that a farm in trouble gives.
func (r *record) answered(what string, status int, header http.Header, understood ...int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers[fmt.Sprintf("%s %d", what, status)]++
	switch {
	case status == http.StatusServiceUnavailable, status == http.StatusTooManyRequests:
		if header.Get("Retry-After") == "" {
			r.contradictedLocked("%s: %d without Retry-After", what, status)
		}
	case !slices.Contains(understood, status):
		r.contradictedLocked("%s: %d", what, status)
	}
}

// unanswered notes that a client heard nothing.
func (r *record) unanswered(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers[what+" none"]++
}

func (r *record) accepted(s spec.Spec) {
	r.mu.Lock()
	defer r.mu.Unlock()
	j := r.job(s.ID())
	j.spec, j.accepted = s, true
}

// died notes that a process is about to be killed, while others of its kind go on.
func (r *record) died(pid int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deaths[strconv.Itoa(pid)] = time.Now()
}

// takeover is that a task whose worker died was begun by another, how long after the death.
type takeover struct {
	job   spec.ID
	task  string
	after time.Duration
}

// takeovers are those of a job's tasks, by its history. A worker may die when what it was to do is stored and the task has not ended:
// nothing has to be done then, and asynq hands the task out once more a minute later, when the job has long ended.
func (r *record) takeovers(id spec.ID, history []job.Stint) (all []takeover) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.shifted {
		return nil
	}
	slices.SortFunc(history, func(a, b job.Stint) int { return a.BeganAt.Compare(b.BeganAt) })
	had := map[string]time.Time{} // when the last who had a task died
	for _, s := range history {
		if died, ok := had[s.Task]; ok && s.BeganAt.After(died) && s.BeganAt.Before(r.job(id).finished) {
			all = append(all, takeover{id, s.Task, s.BeganAt.Sub(died)})
		}
		delete(had, s.Task)
		name := strings.Split(s.Worker, "-")
		died, ok := r.deaths[name[max(len(name)-2, 0)]]
		if ok && s.EndedAt.IsZero() && s.BeganAt.Before(died) && r.job(id).finished.After(died) {
			had[s.Task] = died
		}
	}
	return all
}

// onlyIfDamaged notes what may be said of a job only if something of it in storage has been damaged.
func (r *record) onlyIfDamaged(id spec.ID, said string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.job(id).damaged && !r.spoiling {
		r.contradictedLocked("job %s %s", id, said)
	}
}

// canceling notes that a job is about to be canceled.
func (r *record) canceling(id spec.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.job(id).unwanted = true
}

func (r *record) canceled(id spec.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.job(id).canceled = true
}

func (r *record) damaged(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.job(spec.ID(id)).damaged = true
}

// spoils notes that whatever is read of any job is damaged at times, from now on or no longer.
func (r *record) spoils(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spoiling = on
	for _, j := range r.jobs {
		j.damaged = true
	}
}

// shifts notes that clocks are set: no times of processes are compared any more.
func (r *record) shifts() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shifted = true
}

// saw notes where a job stands, which may not take back what was seen before.
func (r *record) saw(st job.Status) {
	r.mu.Lock()
	defer r.mu.Unlock()
	j := r.job(st.ID)
	j.damaged = j.damaged || r.spoiling
	switch {
	case j.state.Final() && st.State != j.state && !j.damaged:
		r.contradictedLocked("job %s is %s after it was %s", st.ID, st.State, j.state)
	case j.canceled && st.State != job.Canceled && !j.damaged:
		r.contradictedLocked("job %s is %s after it was canceled", st.ID, st.State)
	case st.BandsDone < j.bands && !st.State.Final() && !j.damaged:
		r.contradictedLocked("job %s has %d bands after it had %d", st.ID, st.BandsDone, j.bands)
	case st.State == job.Canceled && !j.unwanted:
		r.contradictedLocked("job %s is canceled, and nobody asked for that", st.ID)
	case st.State == job.Failed && j.state != job.Failed:
		r.contradictedLocked("job %s failed: %s", st.ID, st.Error)
	}
	if st.State == job.Done && j.state != job.Done {
		r.ends = append(r.ends, time.Now())
	}
	j.state, j.bands, j.finished = st.State, st.BandsDone, st.FinishedAt
}

// served holds a file against what its Spec draws.
func (r *record) served(ctx context.Context, s spec.Spec, file []byte) {
	want, err := r.drawn(ctx, s)
	if err == nil && sha256.Sum256(file) != want {
		r.contradicted("wrong bytes: %d of %s", len(file), s.Canonical())
	}
}

// drawn is the hash of the file of a Spec, drawn here.
func (r *record) drawn(ctx context.Context, s spec.Spec) ([sha256.Size]byte, error) {
	id := s.ID()
	r.mu.Lock()
	sum, known := r.pictures[id]
	r.mu.Unlock()
	if known {
		return sum, nil
	}
	hash := sha256.New()
	if err := renderer.Write(ctx, hash, s, renderer.Options{Threads: 1}); err != nil {
		return sum, err
	}
	hash.Sum(sum[:0])
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pictures[id] = sum
	return sum, nil
}

// endAfter is when a job was first seen done after a time.
func (r *record) endAfter(t time.Time) (time.Time, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := len(r.ends) - 1; i >= 0; i-- {
		if r.ends[i].Before(t) {
			if i+1 < len(r.ends) {
				return r.ends[i+1], true
			}
			return time.Time{}, false
		}
	}
	if len(r.ends) > 0 {
		return r.ends[0], true
	}
	return time.Time{}, false
}

// owed are the jobs that were accepted, with where they were last seen.
func (r *record) owed() map[spec.ID]seen {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := map[spec.ID]seen{}
	for id, j := range r.jobs {
		if j.accepted {
			all[id] = *j
		}
	}
	return all
}
