package interleavings

import (
	"fmt"
	"hash/maphash"
	"strings"
)

// space is what was reached of a scenario: worlds by number, in the order in which they were found. Of a world that has been looked at only a hash is kept: two
// worlds with the same one, of 64 bits, would be taken for one.
type space struct {
	scenario scenario
	seed     maphash.Seed
	numbers  map[uint64]int32
	parents  []int32
	hashes   []uint64
	goals    [2][]bool // whether what was accepted has ended, and whether nothing is left
	edges    []edge    // of moves that are no faults
}

// edge is from a world to another.
type edge struct{ from, to int32 }

// explore looks at every world that can be reached, nearest first, and returns how the first one came about that must not be.
func explore(s scenario) (*space, error) {
	sp := &space{scenario: s, seed: maphash.MakeSeed(), numbers: map[uint64]int32{}}
	first := world{requests: s.requests}
	sp.add(&first, -1)
	frontier := []world{first}
	var all []outcome
	for number := int32(0); len(frontier) > 0; {
		var after []world
		for i := range frontier {
			all = s.next(&frontier[i], all[:0])
			for n := range all {
				o := &all[n]
				to, isNew := sp.add(&o.world, number)
				if !o.kind.isFault() {
					sp.edges = append(sp.edges, edge{number, to})
				}
				if wrong := o.contradiction(&frontier[i]); wrong != "" {
					return sp, fmt.Errorf("%s:\n%s%s", wrong, sp.trace(number), o.describe())
				}
				if isNew {
					after = append(after, o.world)
				}
			}
			number++
		}
		frontier = after
	}
	return sp, sp.requireProgress()
}

// add returns the number of a world, and whether it is new.
func (sp *space) add(w *world, parent int32) (number int32, isNew bool) {
	hash := sp.hash(w)
	if number, known := sp.numbers[hash]; known {
		return number, false
	}
	number = int32(len(sp.parents))
	sp.numbers[hash] = number
	sp.parents, sp.hashes = append(sp.parents, parent), append(sp.hashes, hash)
	ended, left := w.rests()
	sp.goals[0], sp.goals[1] = append(sp.goals[0], ended), append(sp.goals[1], !left)
	return number, true
}

// hash is the same for worlds that differ only in which of two requests, or of two workers, is which.
func (sp *space) hash(w *world) uint64 {
	same := *w
	for _, i := range []int{firstAPI, firstWorker} {
		p, q := &same.processes[i], &same.processes[i+1]
		if p.program != idle && q.program != idle && maphash.Comparable(sp.seed, *p) > maphash.Comparable(sp.seed, *q) || p.program == idle {
			*p, *q = *q, *p
		}
	}
	return maphash.Comparable(sp.seed, same)
}

// rests reports whether all that was accepted has ended, and whether markers are left.
func (w *world) rests() (ended, left bool) {
	for job := range uint8(jobs) {
		if w.told[job].accepted && !w.last(job).state.final() {
			return false, true
		}
	}
	return true, restless(w)
}

// restless reports whether something is left when all has ended, but for what is known to be: the marker of a run that nobody has begun, because the request that was to
// died in between, stays until the job is asked for again; and a Spec that was never accepted may have a record or a marker.
func restless(w *world) bool {
	for _, m := range w.markers() {
		if m.group || m.number <= w.jobs[m.of].begun && w.told[m.of].accepted {
			return true
		}
	}
	return false
}

// contradiction is what a move has led to that must not be.
func (o *outcome) contradiction(before *world) string {
	if o.wrong != "" {
		return o.wrong
	}
	for job := range uint8(jobs) {
		if o.told[job].accepted && !o.last(job).state.final() && !o.owed(job) {
			return fmt.Sprintf("job %d was accepted, and is lost", job)
		}
		for number := range before.jobs[job].begun + 1 {
			was, is := before.read(job, number).state, o.read(job, number).state
			if was.final() && is != was {
				return fmt.Sprintf("run %d of job %d was %s, and is %s", number, job, was, is)
			}
		}
	}
	return ""
}

// requireProgress fails unless from every world there is a way to each of the goals without further faults.
func (sp *space) requireProgress() error {
	for goal, name := range []string{"what was accepted has ended", "nothing is left"} {
		if stuck := sp.stuck(sp.goals[goal]); stuck >= 0 {
			return fmt.Errorf("there is no way to where %s:\n%s", name, sp.trace(stuck))
		}
	}
	return nil
}

// stuck is the first world from which no goal can be reached; less than 0 if there is none.
func (sp *space) stuck(goal []bool) int32 {
	starts := make([]int32, len(goal)+1)
	for _, e := range sp.edges {
		starts[e.to+1]++
	}
	for i := range goal {
		starts[i+1] += starts[i]
	}
	sources, filled := make([]int32, len(sp.edges)), make([]int32, len(goal))
	for _, e := range sp.edges {
		sources[starts[e.to]+filled[e.to]] = e.from
		filled[e.to]++
	}
	reaches := make([]bool, len(goal))
	var todo []int32
	reach := func(number int32) {
		if !reaches[number] {
			reaches[number] = true
			todo = append(todo, number)
		}
	}
	for number, is := range goal {
		if is {
			reach(int32(number))
		}
	}
	for len(todo) > 0 {
		last := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, from := range sources[starts[last]:starts[last+1]] {
			reach(from)
		}
	}
	for number, does := range reaches {
		if !does {
			return int32(number)
		}
	}
	return -1
}

// trace says how a world comes about, a line for each move. The worlds on the way are made anew.
func (sp *space) trace(number int32) string {
	var way []int32
	for ; number > 0; number = sp.parents[number] {
		way = append(way, number)
	}
	var lines strings.Builder
	w := world{requests: sp.scenario.requests}
	for i := len(way) - 1; i >= 0; i-- {
		for _, o := range sp.scenario.next(&w, nil) {
			if sp.hash(&o.world) == sp.hashes[way[i]] {
				lines.WriteString(o.describe() + "\n")
				w = o.world
				break
			}
		}
	}
	return lines.String()
}
