package interleavings

// The jobs that there are, and the groups that they may be in.
const (
	jobs   = 2
	groups = 2
	runs   = 3 // that are told apart
)

// state is where a run stands. It is none of one that has not ended.
type state uint8

const (
	queued state = iota
	done
	failed
	canceled
)

func (s state) final() bool { return s != queued }

func (s state) String() string { return []string{"queued", "done", "failed", "canceled"}[s] }

// layout is that of a job's record; none if there is no record.
type layout uint8

const (
	none layout = iota
	alone
	inGroup // of number 0; those after it are of the other groups
)

// in is the layout of a job in a group.
func in(group uint8) layout { return inGroup + layout(group) }

// group is that of a layout.
func (l layout) group() uint8 { return uint8(l - inGroup) }

func (l layout) grouped() bool { return l >= inGroup }

// run is the last run of a job, as somebody has read it.
type run struct {
	number uint8
	state  state
	layout layout
}

// shown is what an index entry shows of a job.
type shown struct {
	there  bool
	number uint8
	state  state
}

// stored is what storage holds of a job.
type stored struct {
	record  layout      // job.json
	open    layout      // open/<place>, and the layout that it says
	recent  shown       // recent/<place>
	results [runs]state // result.json, results/<n>.json
	begun   uint8       // how many of runs/<n> there are
	marks   [runs]bool  // open/<id>.<n>
	image   bool
}

// set is some of the jobs, a bit for each.
type set uint8

func (s set) has(job uint8) bool { return s&(1<<job) != 0 }

func (s set) with(job uint8) set { return s | 1<<job }

// grouping is what storage holds of a group.
type grouping struct {
	open      set // the jobs of open/<place>.group; none if it is not there
	ended     set // the jobs of recent/<place>.group
	dissolved bool
}

func (g grouping) hasEnd() bool { return g.ended != 0 || g.dissolved }

// The tasks: those of the jobs, and then those of the groups.
const tasks = jobs + groups

// told is what clients know of a job.
type told struct {
	accepted bool
	end      state // that was answered, unless the job was asked for since
}

// process is one that is at work, with what its operations have come to so far: given these it does the same again, up to the next.
type process struct {
	program program
	of      uint8 // the job or group
	run     run   // that the program is given
	holds   bool  // a claim on its task
	late    bool  // the request began before what clients know now of the job

	n       uint8
	answers [20]uint8
}

// The processes that there may be.
const (
	firstAPI    = 0
	firstWorker = 2
	reconciler  = 4
	processes   = 5
)

// world is everything that there is at a time. Worlds are compared as a whole.
type world struct {
	jobs      [jobs]stored
	groups    [groups]grouping
	waiting   [tasks]bool // what Redis has; claims are with those who hold them
	told      [jobs]told
	processes [processes]process
	requests  uint8 // that clients may still make
	grouped   uint8 // groups that there were
}

// claimed reports whether a worker has a claim on a task.
func (w *world) claimed(task uint8) bool {
	for i := firstWorker; i < reconciler; i++ {
		if p := &w.processes[i]; p.holds && p.task() == task {
			return true
		}
	}
	return false
}

// task is that of a worker at work.
func (p *process) task() uint8 {
	if p.program == drawGroup {
		return jobs + p.of
	}
	return p.of
}

// flaw is an order of operations that the farm does not have, because it would be wrong.
type flaw uint8

const (
	noFlaw flaw = iota
	markerBeforeEnd
	answeredBeforeMarker
	endReplaced
	runBeforeMarker
	noRoom
	groupGoesFirst
	retiredUnseen
	unbegunRemoved
)

// last is a job's last run, as the ledger finds it where nothing happens meanwhile.
func (w *world) last(job uint8) run { return w.read(job, w.jobs[job].begun) }

// read is a run of a job.
func (w *world) read(job, number uint8) run {
	j := &w.jobs[job]
	r := run{number: number, layout: j.record}
	if number > 0 {
		r.state = j.results[number]
		return r
	}
	if r.layout.grouped() {
		g := w.groups[r.layout.group()]
		if g.ended.has(job) {
			r.state = done
			return r
		}
		if !g.hasEnd() {
			return r
		}
		r.layout = alone
	}
	if r.state = j.recent.state; j.recent.number != 0 || !j.recent.there {
		r.state = j.results[0]
	}
	return r
}

// owed reports whether there is a marker by which the last run of a job is found. That of a group is one also if the group is dissolved: whoever meets it marks its jobs.
func (w *world) owed(job uint8) bool {
	j, last := &w.jobs[job], w.last(job)
	if last.number > 0 {
		return j.marks[last.number]
	}
	return j.open != none || j.record.grouped() && w.groups[j.record.group()].open.has(job)
}
