package interleavings

import "fmt"

// kind is a kind of move.
type kind uint8

const (
	step    kind = iota // a process does its next operation
	request             // a client asks for something
	start               // a worker takes a task, or the reconciler begins a turn
	// Those from here on are faults.
	kill
	suspend // a claim runs out whose worker goes on
	wipe    // Redis comes back empty
	sweep   // an image is removed
)

func (k kind) isFault() bool { return k >= kill }

// move is something that may happen next.
type move struct {
	kind   kind
	self   uint8   // the process
	does   program // that is begun
	of     uint8   // a job or task
	choice uint8
}

// scenario is a world to begin with, and what may happen in it.
type scenario struct {
	requests uint8     // that clients make
	asks     []program // what they may ask
	apis     uint8     // requests at a time
	workers  uint8
	fails    bool // drawing a job alone may fail
	breaks   bool // drawing a group may fail
	sweeps   bool // images may be removed
	flaw     flaw
}

// outcome is a world that a move leads to.
type outcome struct {
	move
	world
	did   string
	wrong string
}

// next are the worlds that are one move away.
func (s scenario) next(w *world, all []outcome) []outcome {
	for self := range uint8(processes) {
		p := &w.processes[self]
		if p.program != idle {
			all = s.steps(w, self, all)
			all = append(all, outcome{move: move{kind: kill, self: self}, world: w.killed(self)})
		}
	}
	all = s.requestsNext(w, all)
	all = s.starts(w, all)
	return s.redis(w, all)
}

// steps are those of a process: several if what its operation comes to is open.
func (s scenario) steps(w *world, self uint8, all []outcome) []outcome {
	for choice, choices := uint8(0), uint8(1); choice < choices; choice++ {
		next := outcome{move: move{kind: step, self: self, choice: choice}, world: *w}
		t := turn{world: &next.world, self: self, flaw: s.flaw, choice: choice}
		t.take()
		if choices = max(choices, t.choices); w.processes[self].program == drawJob && !s.fails || w.processes[self].program == drawGroup && !s.breaks {
			choices = 1
		}
		next.did, next.wrong = t.did, t.wrong
		all = append(all, next)
	}
	return all
}

// begun are the worlds after the first operation of a process: nobody can tell when it began before that.
func (s scenario) begun(w *world, m move, all []outcome) []outcome {
	before := len(all)
	all = s.steps(w, m.self, all)
	for i := range all[before:] {
		m.choice = all[before+i].choice
		all[before+i].move = m
	}
	return all
}

func (w *world) killed(self uint8) world {
	next := *w
	next.processes[self] = process{}
	return next
}

// requestsNext are what clients may ask for.
func (s scenario) requestsNext(w *world, all []outcome) []outcome {
	if w.requests == 0 {
		return all
	}
	self := uint8(firstAPI)
	for self < s.apis && w.processes[self].program != idle {
		self++ // those that are idle are all the same
	}
	if self == s.apis {
		return all
	}
	for _, asked := range s.asks { // alone job 0 is asked for: of several one is as good as the other
		if asked == acceptPair && w.grouped == groups || asked != accept && asked != acceptPair && !w.told[0].accepted {
			continue
		}
		next := *w
		next.ask(self, asked, 0)
		all = s.begun(&next, move{kind: request, self: self, does: asked}, all)
	}
	return all
}

// ask has a client ask for something, by a request that is idle.
func (w *world) ask(self uint8, asked program, job uint8) {
	w.requests--
	of := job
	switch asked {
	case accept:
		w.told[job].end = queued
		w.outdate(self)
	case acceptPair:
		for i := range w.told {
			w.told[i].end = queued
		}
		w.outdate(self)
		of = w.grouped
		w.grouped++
	case idle, acceptKnown, owe, cancel, look, drawJob, drawGroup, endJob, closeRun, reconcile, indexThenRemove, programs:
	}
	w.processes[self] = process{program: asked, of: of}
}

// starts are what workers and the reconciler may begin.
func (s scenario) starts(w *world, all []outcome) []outcome {
	if w.processes[reconciler].program == idle && len(w.suspects()) > 0 {
		next := *w
		next.processes[reconciler] = process{program: reconcile}
		all = s.begun(&next, move{kind: start, self: reconciler, does: reconcile}, all)
	}
	self := uint8(firstWorker)
	for self < firstWorker+s.workers && w.processes[self].program != idle {
		self++
	}
	if self == firstWorker+s.workers {
		return all
	}
	for of := range uint8(tasks) {
		if w.waiting[of] && !w.claimed(of) {
			next := *w
			does := next.taken(self, of)
			all = s.begun(&next, move{kind: start, self: self, does: does, of: of}, all)
		}
	}
	return all
}

// taken has a worker take a task and claim it.
func (w *world) taken(self, of uint8) program {
	w.waiting[of] = false
	p := process{program: drawJob, of: of, holds: true}
	if of >= jobs {
		p.program, p.of = drawGroup, of-jobs
	} else {
		p.run.layout = w.read(of, 0).layout
	}
	w.processes[self] = p
	return p.program
}

// redis is what becomes of claims, and of all that Redis has.
func (s scenario) redis(w *world, all []outcome) []outcome {
	next := outcome{move: move{kind: wipe}, world: *w}
	next.waiting = [tasks]bool{}
	for self := uint8(firstWorker); self < reconciler; self++ {
		next.processes[self].holds = false
		if w.processes[self].holds {
			lost := outcome{move: move{kind: suspend, self: self}, world: *w}
			lost.processes[self].holds = false
			all = append(all, lost)
		}
	}
	all = append(all, next)
	if s.sweeps {
		all = sweepNext(w, all)
	}
	return all
}

// sweepNext are images that retention removes: those of jobs that have ended.
func sweepNext(w *world, all []outcome) []outcome {
	for of := range uint8(jobs) {
		if w.jobs[of].image && w.jobs[of].begun == 0 && w.last(of).state == done {
			next := outcome{move: move{kind: sweep, of: of}, world: *w}
			next.jobs[of].image = false
			next.told[of].end = queued // nothing is promised of how long it stays
			all = append(all, next)
		}
	}
	return all
}

// describe says what has happened.
func (o outcome) describe() string {
	who := [processes]string{"request 0", "request 1", "worker 0", "worker 1", "reconciler"}[o.self]
	names := [programs]string{accept: "POST job 0", acceptPair: "POST both jobs", cancel: "DELETE job 0", look: "GET job 0", drawJob: "takes the task of a job", drawGroup: "takes the task of a group", reconcile: "begins a turn"}
	switch o.kind {
	case step:
		return who + ": " + o.did
	case request:
		return who + ": " + names[o.does] + "; " + o.did
	case start:
		return who + " " + names[o.does] + "; " + o.did
	case kill:
		return who + " is killed"
	case wipe:
		return "Redis is emptied"
	case sweep:
		return fmt.Sprintf("the image of job %d is removed", o.of)
	case suspend:
		return who + ": its claim runs out"
	}
	return ""
}
