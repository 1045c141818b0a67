package interleavings

import "fmt"

// program is what a process does. Idle is none.
type program uint8

const (
	idle program = iota
	accept
	acceptKnown
	owe
	acceptPair
	cancel
	look
	drawJob
	drawGroup
	endJob
	closeRun
	reconcile
	indexThenRemove
	programs
)

// turn is one operation of a process. The process's program is run from its beginning with what its operations have come to so far, and does the
// next one; at the one after that it pauses.
type turn struct {
	*world
	self uint8
	flaw flaw

	replayed uint8
	acted    bool
	becomes  bool
	choice   uint8 // of those that the operation leaves open
	choices  uint8
	did      string // the function and its operation
	wrong    string // what contradicts what was answered before
}

// paused ends a turn.
type paused struct{}

func (t *turn) process() *process { return &t.processes[t.self] }

// take has a process do its next operation.
func (t *turn) take() {
	p := t.process()
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(paused); !ok {
				panic(r)
			}
			return
		}
		if !t.becomes {
			*p = process{}
		}
	}()
	t.run(p.program)
}

// do is the program's next operation: what it came to, if it was done in an earlier turn.
func (t *turn) do(what string, operation func(w *world) uint8) uint8 {
	p := t.process()
	if t.replayed < p.n {
		t.replayed++
		return p.answers[t.replayed-1]
	}
	if t.acted {
		panic(paused{})
	}
	t.acted = true
	if int(p.n) == len(p.answers) {
		panic(fmt.Sprintf("program %d takes more operations than there is room for", p.program))
	}
	t.did = what
	answer := operation(t.world)
	p.answers[p.n] = answer
	p.n++
	t.replayed++
	return answer
}

// ask is do for an operation that is answered with yes or no.
func (t *turn) ask(what string, operation func(w *world) bool) bool {
	return t.do(what, func(w *world) uint8 {
		if operation(w) {
			return 1
		}
		return 0
	}) == 1
}

// change is do for an operation that always has its effect.
func (t *turn) change(what string, operation func(w *world)) {
	t.do(what, func(w *world) uint8 { operation(w); return 0 })
}

// become goes on with another program: what has come of the operations so far is in the run. It is the last thing that a program does.
func (t *turn) become(next program, of uint8, r run) {
	p := t.process()
	*p = process{program: next, of: of, run: r, holds: p.holds, late: p.late}
	t.becomes, t.replayed = true, 0
}

// contradict notes what may not be.
func (t *turn) contradict(what string) {
	if t.acted {
		t.wrong = what
	}
}

// run runs a program from its beginning.
func (t *turn) run(p program) {
	switch of, r := t.process().of, t.process().run; p {
	case accept:
		t.accept(of)
	case acceptKnown:
		t.acceptKnown(of, r)
	case owe:
		t.oweAndAnswer(of, r)
	case acceptPair:
		t.acceptPair(of)
	case cancel:
		t.cancel(of)
	case look:
		t.look(of)
	case drawJob:
		t.drawJob(of, r)
	case drawGroup:
		t.drawGroup(of)
	case endJob:
		t.finish(of, r)
	case closeRun:
		t.closeRun(of, r)
	case reconcile:
		t.reconcile()
	case indexThenRemove:
		t.tidyMarker(of, r)
	case idle, programs:
	}
}
