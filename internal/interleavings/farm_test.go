package interleavings

import "slices"

// What follows is what requests, workers and the reconciler do with the ledger and the queue.

// accept is api.accept and ledger.accept of one Spec.
func (t *turn) accept(job uint8) {
	if known := t.create(job, alone); known != none {
		t.become(acceptKnown, job, t.last(job, known))
		return
	}
	if t.flaw == answeredBeforeMarker {
		t.answer(job, queued, true)
	}
	t.putOpen(job, alone)
	t.submit(job)
	t.answer(job, queued, true)
}

// create is ledger.record: the record that there was, or none.
func (t *turn) create(job uint8, l layout) (known layout) {
	return layout(t.do("ledger.record: create job.json", func(w *world) uint8 {
		known := w.jobs[job].record
		if known == none {
			w.jobs[job].record = l
		}
		return uint8(known)
	}))
}

// acceptKnown is the rest of ledger.accept of a Spec that is known.
func (t *turn) acceptKnown(job uint8, last run) {
	kept := last.state == done && t.ask("ledger.promise: stat image", func(w *world) bool { return w.jobs[job].image })
	t.indexed(job, last)
	if kept {
		t.answer(job, done, true)
		return
	}
	t.become(owe, job, last)
}

func (t *turn) oweAndAnswer(job uint8, last run) {
	t.owe(job, last)
	if last.number > 0 || last.state.final() || !last.layout.grouped() { // else it is queued with its group
		t.submit(job)
	}
	t.answer(job, queued, true)
}

// acceptPair is ledger.AcceptTogether of all jobs.
func (t *turn) acceptPair(group uint8) {
	var members set
	var known [jobs]layout
	for job := range uint8(jobs) {
		if known[job] = t.create(job, in(group)); known[job] == none {
			members = members.with(job)
		}
	}
	if members != 0 {
		t.change("ledger.enterGroup: put open/group", func(w *world) { w.groups[group].open = members })
		t.submit(jobs + group)
		t.answerGroup(members)
	}
	for job, l := range known {
		if l != none { // of several that are known it is the first whose answer is waited for
			t.become(acceptKnown, uint8(job), t.last(uint8(job), l))
			return
		}
	}
}

func (t *turn) answerGroup(members set) {
	t.change("api: answer queued", func(w *world) {
		for job := range uint8(jobs) {
			if members.has(job) {
				t.tell(job, queued, true)
			}
		}
	})
}

// cancel is api.cancel.
func (t *turn) cancel(job uint8) {
	last := t.status(job)
	if last.state.final() {
		t.answer(job, last.state, false)
		return
	}
	last.state = canceled
	t.become(endJob, job, last)
}

// look is api.status, as far as the ledger says it.
func (t *turn) look(job uint8) { t.answer(job, t.status(job).state, false) }

// answer tells a client where a job stands.
func (t *turn) answer(job uint8, s state, accepts bool) {
	t.change("api: answer "+s.String(), func(*world) { t.tell(job, s, accepts) })
}

func (t *turn) tell(job uint8, s state, accepts bool) {
	known, late := &t.told[job], t.process().late
	if !late && known.end.final() && s != known.end {
		t.contradict("a job is " + s.String() + " after it was " + known.end.String())
	}
	known.accepted = known.accepted || accepts
	if s.final() && !late && !t.asksAgain(job) {
		known.end = s
	}
	t.outdate(t.self)
}

// outdate has requests be late, except for one: of what they have read clients know more by now.
func (w *world) outdate(except uint8) {
	for i := range uint8(firstWorker) {
		if p := &w.processes[i]; i != except && p.program != idle {
			p.late = true
		}
	}
}

// asksAgain reports whether a request is under way that may have a job drawn again.
func (w *world) asksAgain(job uint8) bool {
	for i := firstAPI; i < firstWorker; i++ {
		switch p := &w.processes[i]; p.program {
		case acceptPair:
			return true
		case accept, acceptKnown, owe:
			if p.of == job {
				return true
			}
		case idle, cancel, look, drawJob, drawGroup, endJob, closeRun, reconcile, indexThenRemove, programs:
		}
	}
	return false
}

// submit is queue.Submit of a job's own task, and queue.SubmitGroup.
func (t *turn) submit(task uint8) {
	t.change("queue.Submit", func(w *world) { w.waiting[task] = w.waiting[task] || !w.claimed(task) })
}

// drawJob is worker.Handle of a job's own task, whose layout the queue said.
func (t *turn) drawJob(job uint8, r run) {
	wanted := none
	if r.layout == alone {
		wanted = layout(t.do("ledger.Wanted: get open", func(w *world) uint8 { return uint8(w.jobs[job].open) }))
	}
	last := run{layout: wanted}
	if wanted == none {
		last = t.status(job)
	}
	if last.state.final() {
		return
	}
	last.state = t.draw(job)
	t.become(endJob, job, last)
}

// draw is worker.drawer.draw, which may fail.
func (t *turn) draw(job uint8) state {
	return state(t.do("worker.draw: put image", func(w *world) uint8 {
		t.choices = 2
		if t.choice > 0 {
			t.did = "worker.draw: fail"
			return uint8(failed)
		}
		w.jobs[job].image = true
		return uint8(done)
	}))
}

// closeRun ends what a request or a worker has ended.
func (t *turn) closeRun(job uint8, ended run) {
	t.close(job, ended)
	if t.self >= firstWorker {
		return
	}
	t.change("queue.Cancel", func(w *world) { w.waiting[job] = false })
	t.answer(job, ended.state, false)
}

// drawGroup is worker.drawGroup.
func (t *turn) drawGroup(group uint8) {
	members := set(t.do("ledger.WantedGroup: get open/group", func(w *world) uint8 { return uint8(w.groups[group].open) }))
	if members == 0 {
		return
	}
	for job := range uint8(jobs) {
		if members.has(job) && t.draw(job) != done {
			t.dissolve(group)
			return
		}
	}
	t.finishGroup(group, members)
}

// marker is one that the reconciler has met: of a run of a job, or of a group.
type marker struct {
	group  bool
	of     uint8
	number uint8
}

// markers are those that there are, in the order of their keys.
func (w *world) markers() (all []marker) {
	for of := range uint8(jobs) {
		if w.jobs[of].open != none {
			all = append(all, marker{of: of})
		}
		for number := range uint8(runs) {
			if w.jobs[of].marks[number] {
				all = append(all, marker{of: of, number: number})
			}
		}
	}
	for of := range uint8(groups) {
		if w.groups[of].open != 0 {
			all = append(all, marker{group: true, of: of})
		}
	}
	return all
}

// suspects are the markers of what does not wait for a worker.
func (w *world) suspects() []marker {
	return slices.DeleteFunc(w.markers(), func(m marker) bool { return w.waiting[m.task()] })
}

func (m marker) code() uint8 {
	code := m.of<<4 | m.number<<1
	if m.group {
		code |= 1
	}
	return code
}

func markerOf(code uint8) marker { return marker{code&1 == 1, code >> 4, code >> 1 & 7} }

// task of a marker.
func (m marker) task() uint8 {
	if m.group {
		return jobs + m.of
	}
	return m.of
}

// reconcile is what worker.reconciler does with one of the markers.
func (t *turn) reconcile() {
	m := markerOf(t.do("ledger.Markers: list open, queue.NotWaiting", func(w *world) uint8 {
		all := w.suspects()
		t.choices = uint8(len(all))
		return all[t.choice].code()
	}))
	if m.group {
		t.reconcileGroup(m)
		return
	}
	switch last := t.status(m.of); {
	case m.number < last.number, m.number == last.number && last.state.final():
		t.become(indexThenRemove, m.code(), last)
	case m.number == last.number:
		t.submit(m.of)
	case t.flaw == unbegunRemoved:
		t.removeMarker(m.of, m.number, last.layout)
	}
}

// tidyMarker is the rest of ledger.Owed for the marker of a run that is over.
func (t *turn) tidyMarker(code uint8, last run) {
	m := markerOf(code)
	t.indexed(m.of, last)
	t.removeMarker(m.of, m.number, alone)
}

// reconcileGroup is ledger.OwedGroup.
func (t *turn) reconcileGroup(m marker) {
	if t.ask("ledger.OwedGroup: stat recent/group", func(w *world) bool { return w.groups[m.of].hasEnd() }) {
		t.retire(m.of)
		return
	}
	if t.ask("ledger.openGroup: get open/group", func(w *world) bool { return w.groups[m.of].open != 0 }) {
		t.submit(m.task())
	}
}
