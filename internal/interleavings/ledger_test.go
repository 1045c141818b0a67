package interleavings

// What follows is package ledger, function by function, with the operations of its store in their order.

// What never changes once it is there is not read again where the ledger does: that is the same, whatever comes between. These are a job's record, and the end of a run.

// number is ledger.number: runs are numbered without gaps and never removed, so that it is one operation, however many it takes to find out.
func (t *turn) number(job uint8) uint8 {
	return t.do("ledger.number: stat runs", func(w *world) uint8 { return w.jobs[job].begun })
}

// last is ledger.last of a job whose record has been read.
func (t *turn) last(job uint8, l layout) run {
	return t.ended(job, run{number: t.number(job), layout: l})
}

// status is ledger.status. A record is there before anybody knows of the job, so that reading it is no operation of its own.
func (t *turn) status(job uint8) run {
	code := t.do("ledger.status: get job.json, stat runs", func(w *world) uint8 { return uint8(w.jobs[job].record)<<4 | w.jobs[job].begun })
	return t.ended(job, run{number: code & 15, layout: layout(code >> 4)})
}

// ended is ledger.ended.
func (t *turn) ended(job uint8, r run) run {
	if r.number > 0 {
		r.state = t.readResult(job, r.number)
		return r
	}
	if r = t.standing(job, r); !r.layout.grouped() {
		r.state = t.ownResult(job)
	}
	return r
}

// standing is ledger.standing.
func (t *turn) standing(job uint8, r run) run {
	r.state = queued
	if !r.layout.grouped() {
		return r
	}
	group := r.layout.group()
	const absent, knows, other = 0, 1, 2
	switch t.do("ledger.standing: get recent/group", func(w *world) uint8 {
		switch g := &w.groups[group]; {
		case !g.hasEnd():
			return absent
		case g.ended.has(job):
			return knows
		}
		return other
	}) {
	case knows:
		r.state = done
	case other:
		r.layout = alone
	}
	return r
}

// ownResult is ledger.ownResult of the first run.
func (t *turn) ownResult(job uint8) state {
	const later = 100
	s := t.do("ledger.ownResult: get recent", func(w *world) uint8 {
		e := w.jobs[job].recent
		if e.there && e.number > 0 || e.there && !e.state.final() {
			return later
		}
		return uint8(e.state)
	})
	if s != later {
		return state(s)
	}
	kept := t.readResult(job, 0)
	if !kept.final() {
		t.contradict("the end of a first run is not kept")
	}
	return kept
}

func (t *turn) readResult(job, number uint8) state {
	return state(t.do("ledger.readResult: get result", func(w *world) uint8 { return uint8(w.jobs[job].results[number]) }))
}

func (t *turn) createResult(job, number uint8, s state) bool {
	return t.ask("ledger.createResult: create result", func(w *world) bool {
		if w.jobs[job].results[number] != queued {
			return false
		}
		w.jobs[job].results[number] = s
		return true
	})
}

// putOpen is ledger.enter, and ledger.indexOpen of a job that is not held.
func (t *turn) putOpen(job uint8, l layout) {
	t.change("ledger.indexOpen: put open", func(w *world) { w.jobs[job].open = l })
}

func (t *turn) deleteOpen(job uint8) {
	t.change("ledger.makeRoom: delete open", func(w *world) { w.jobs[job].open = none })
}

// index is ledger.index.
func (t *turn) index(job uint8, last run) {
	for {
		if last.number == 0 && !last.state.final() {
			t.putOpen(job, last.layout)
			return
		}
		t.change("ledger.index: put recent", func(w *world) {
			w.jobs[job].recent = shown{there: true, number: last.number, state: last.state}
		})
		written := last
		last = t.last(job, last.layout)
		if written.number == last.number && written.state.final() == last.state.final() {
			return
		}
	}
}

// indexed is ledger.indexed.
func (t *turn) indexed(job uint8, last run) {
	if last.number == 0 && last.layout.grouped() {
		if last.state.final() {
			return
		}
		group := last.layout.group()
		if t.ask("ledger.knows: get open/group", func(w *world) bool { return w.groups[group].open.has(job) }) {
			return
		}
	}
	open := last.number == 0 && !last.state.final()
	if !t.ask("ledger.indexed: get entry", func(w *world) bool {
		if j := &w.jobs[job]; open {
			return j.open != none
		}
		e := w.jobs[job].recent
		return e.there && e.number == last.number && e.state.final() == last.state.final()
	}) {
		t.index(job, last)
	}
}

// mark stores the marker of a run other than the first.
func (t *turn) mark(job, number uint8) {
	t.change("ledger.begin: put marker", func(w *world) { w.jobs[job].marks[number] = true })
}

func (t *turn) begin(job, number uint8) {
	t.change("ledger.begin: create run", func(w *world) { w.jobs[job].begun = max(w.jobs[job].begun, number) })
}

// owe is ledger.owe.
func (t *turn) owe(job uint8, last run) {
	if !last.state.final() {
		if last.number == 0 {
			t.putOpen(job, last.layout)
		} else {
			t.mark(job, last.number)
		}
		return
	}
	next := run{number: last.number + 1, layout: last.layout}
	if next.number == runs {
		panic("more runs than there is room for")
	}
	if next.number == 1 && !next.layout.grouped() {
		t.makeRoom(job, last.state)
	}
	if t.flaw == runBeforeMarker {
		t.begin(job, next.number)
		t.mark(job, next.number)
	} else {
		t.mark(job, next.number)
		t.begin(job, next.number)
	}
	t.index(job, next)
}

// makeRoom is ledger.makeRoom.
func (t *turn) makeRoom(job uint8, first state) {
	if t.flaw != noRoom {
		t.createResult(job, 0, first)
	}
	t.deleteOpen(job)
}

// alone is ledger.alone.
func (t *turn) alone(job uint8, r run) run {
	now := t.standing(job, r)
	if !now.layout.grouped() || now.state.final() {
		return now
	}
	t.dissolve(r.layout.group())
	return t.standing(job, r)
}

// dissolve is ledger.dissolve.
func (t *turn) dissolve(group uint8) {
	members := set(t.do("ledger.members: get open/group", func(w *world) uint8 { return uint8(w.groups[group].open) }))
	if t.flaw == groupGoesFirst && members != 0 {
		t.deleteGroup(group)
	}
	for job := range uint8(jobs) {
		if members.has(job) {
			t.change("ledger.dissolve: create open", func(w *world) {
				if w.jobs[job].open == none {
					w.jobs[job].open = alone
				}
			})
		}
	}
	t.change("ledger.dissolve: create recent/group", func(w *world) {
		if g := &w.groups[group]; !g.hasEnd() {
			g.dissolved = true
		}
	})
	if members != 0 && t.flaw != groupGoesFirst {
		t.deleteGroup(group)
	}
}

func (t *turn) deleteGroup(group uint8) {
	t.change("ledger.removals: delete open/group", func(w *world) { w.groups[group].open = 0 })
}

// finish is ledger.finish, up to where the end is on record, and close what follows it.
func (t *turn) finish(job uint8, p run) {
	of := p
	if p.layout.grouped() {
		of = t.alone(job, p)
	}
	if t.flaw == markerBeforeEnd {
		t.removeMarker(job, 0, of.layout)
	}
	ended := t.end(job, run{layout: of.layout, state: p.state})
	ended.layout = of.layout
	t.become(closeRun, job, ended)
}

func (t *turn) close(job uint8, ended run) {
	if ended.number > 0 {
		t.index(job, ended)
	}
	t.removeMarker(job, ended.number, ended.layout)
}

// end is ledger.end.
func (t *turn) end(job uint8, p run) run {
	for {
		if !p.layout.grouped() && t.endFirst(job, p.state) {
			return p
		}
		r := run{number: t.number(job), layout: p.layout, state: p.state}
		if r.number > 0 && t.createResult(job, r.number, p.state) {
			return r
		}
		if r = t.ended(job, r); r.state.final() {
			return r
		}
		p.layout = r.layout
	}
}

// endFirst is ledger.endFirst.
func (t *turn) endFirst(job uint8, s state) bool {
	created := t.ask("ledger.endFirst: create recent", func(w *world) bool {
		if j := &w.jobs[job]; !j.recent.there || t.flaw == endReplaced {
			j.recent = shown{there: true, state: s}
			return true
		}
		return false
	})
	if created && s != done {
		t.createResult(job, 0, s)
	}
	return created
}

// removeMarker removes ledger.markerKey.
func (t *turn) removeMarker(job, number uint8, l layout) {
	switch {
	case number > 0:
		t.change("ledger.removals: delete marker", func(w *world) { w.jobs[job].marks[number] = false })
	case l.grouped():
		t.deleteGroup(l.group())
	default:
		t.change("ledger.removals: delete open", func(w *world) { w.jobs[job].open = none })
	}
}

// finishGroup is ledger.FinishGroup.
func (t *turn) finishGroup(group uint8, members set) {
	if t.ask("ledger.FinishGroup: create recent/group", func(w *world) bool {
		if g := &w.groups[group]; !g.hasEnd() {
			g.ended = members
			return true
		}
		return false
	}) {
		t.deleteGroup(group)
		return
	}
	t.retire(group)
}

// retire is ledger.retire.
func (t *turn) retire(group uint8) {
	if t.ask("ledger.retire: get recent/group", func(w *world) bool { return !w.groups[group].dissolved }) || t.flaw == retiredUnseen {
		t.deleteGroup(group)
		return
	}
	t.dissolve(group)
}
