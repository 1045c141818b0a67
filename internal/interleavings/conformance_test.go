package interleavings

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
	"mandelfarm/storage/storagetest"
)

// TestLedgerIsAsModelled has the ledger and the model do the same, one thing after the other, and requires that they write the same objects in the same order.
// Of those that die on the way both have written as much. What they read is not compared: the ledger reads more than once what never changes.
func TestLedgerIsAsModelled(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p := newPair(rt)
		p.modelled.requests = 100
		grouped := rapid.Bool().Draw(rt, "in a group")
		if grouped {
			p.acceptPair()
		}
		for range rapid.IntRange(1, 8).Draw(rt, "length") {
			if p.lives = 100; !grouped { // of several that write at a time nobody knows who comes first
				p.lives = rapid.SampledFrom([]int{100, 100, 0, 1, 2, 3}).Draw(rt, "writes until it dies")
			}
			who := uint8(rapid.IntRange(0, jobs-1).Draw(rt, "job"))
			switch rapid.SampledFrom([]string{"accept", "cancel", "draw", "draw", "fail", "reconcile", "lose image"}).Draw(rt, "step") {
			case "accept":
				p.accept(who)
			case "cancel":
				p.cancel(who)
			case "draw":
				p.draw(who, job.Done)
			case "fail":
				p.draw(who, job.Failed)
			case "reconcile":
				p.reconcile(rapid.IntRange(0, 3).Draw(rt, "marker"))
			case "lose image":
				p.loseImage(who)
			}
		}
	})
}

// pair is a ledger and its model.
type pair struct {
	t        *rapid.T
	specs    [jobs]spec.Spec
	group    job.Group
	memory   *storagetest.Memory
	ledger   *ledger.Ledger
	modelled world

	lives  int // writes after which who acts dies
	mu     sync.Mutex
	writes []string
}

func newPair(t *rapid.T) *pair {
	p := &pair{t: t, memory: storagetest.NewMemory(), lives: 100}
	for i := range p.specs {
		s, err := spec.Parse([]byte(`{"width": 8, "height": ` + strconv.Itoa(8+i) + `}`))
		require.NoError(t, err)
		p.specs[i] = s
	}
	at := time.UnixMilli(1_700_000_000_000)
	p.ledger = ledger.New(storagetest.Intercepted{Store: p.memory, Do: p.watch}, ledger.Options{Now: func() time.Time { at = at.Add(time.Second); return at }})
	return p
}

var errDead = errors.New("who acts is dead")

// watch notes what is written, unless who writes is dead by then.
func (p *pair) watch(name string, operation func() error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	verb, key, _ := strings.Cut(name, " ")
	write := verb == "put" || verb == "create" || verb == "delete"
	if write && strings.HasPrefix(key, "paused/") {
		return operation()
	}
	if len(p.writes) >= p.lives {
		return errDead
	}
	err := operation()
	if write {
		p.writes = append(p.writes, verb+" "+p.kindOf(key)+outcomeOf(!errors.Is(err, storage.ErrExists)))
	}
	return err
}

func outcomeOf(effect bool) string {
	if effect {
		return ""
	}
	return ", which is there"
}

// kindOf is what is under a key, as the model names it.
func (p *pair) kindOf(key string) string {
	for _, of := range [][2]string{{"job.json", "/job.json"}, {"run", "/runs/"}, {"result", "/result"}, {"open/group", "open//.group"}, {"recent/group", "recent//.group"}, {"image", "renders/"}, {"recent", "recent/"}} {
		if prefix, suffix, both := strings.Cut(of[1], "//"); both && strings.HasPrefix(key, prefix) && strings.HasSuffix(key, suffix) || !both && strings.Contains(key, of[1]) {
			return of[0]
		}
	}
	if strings.Contains(key, ".") {
		return "marker"
	}
	return "open"
}

// both has the ledger do something, and then the model's process the same, and compares what they have written.
func (p *pair) both(what string, self uint8, begin process, choice uint8, do func(ctx context.Context) error) {
	p.writes = nil
	err := do(context.Background())
	if err != nil {
		require.ErrorIs(p.t, err, errDead, what)
	}
	p.modelled.processes[self] = begin
	var written []string
	for p.modelled.processes[self].program != idle && len(written) < p.lives {
		before := p.modelled
		turn := turn{world: &p.modelled, self: self, choice: choice}
		turn.take()
		_, operation, _ := strings.Cut(turn.did, ": ")
		if verb, _, _ := strings.Cut(operation, " "); verb == "put" || verb == "delete" || verb == "create" {
			effect := verb != "create" || before.jobs != p.modelled.jobs || before.groups != p.modelled.groups
			written = append(written, operation+outcomeOf(effect))
		}
	}
	p.modelled.processes[self] = process{}
	p.modelled.told = [jobs]told{}
	require.Equal(p.t, ordered(written), ordered(p.writes), what)
}

// ordered has creations of the same kind that follow each other in the order of their outcomes: a group's are done at the same time.
func ordered(writes []string) []string {
	kind := func(of string) string { return strings.TrimSuffix(of, outcomeOf(false)) }
	for from := 0; from < len(writes); {
		end := from + 1
		for end < len(writes) && kind(writes[end]) == kind(writes[from]) {
			end++
		}
		slices.Sort(writes[from:end])
		from = end
	}
	return writes
}

func (p *pair) accept(who uint8) {
	if p.modelled.jobs[who].begun == runs-1 {
		return
	}
	p.both("accept", firstAPI, process{program: accept, of: who}, 0, func(ctx context.Context) error {
		_, err := p.ledger.AcceptAs(ctx, p.specs[who], job.Terms{})
		return err
	})
}

func (p *pair) acceptPair() {
	p.both("accept both", firstAPI, process{program: acceptPair}, 0, func(ctx context.Context) error {
		_, p.group = p.ledger.AcceptTogether(ctx, p.specs[:], job.Terms{})
		return nil
	})
}

func (p *pair) cancel(who uint8) {
	if p.modelled.jobs[who].record == none {
		return
	}
	p.both("cancel", firstAPI, process{program: cancel, of: who}, 0, func(ctx context.Context) error {
		st, err := p.ledger.Status(ctx, p.specs[who].ID())
		if err != nil || st.State.Final() {
			return err
		}
		_, err = p.ledger.FinishKnown(ctx, st.Job, job.Progress{State: job.Canceled})
		return err
	})
}

// draw has a worker do a task: that of the group if it is open, else that of a job.
func (p *pair) draw(who uint8, end job.State) {
	if p.modelled.jobs[who].record == none {
		return
	}
	choice := uint8(0)
	if end == job.Failed {
		choice = 1
	}
	if p.modelled.groups[0].open != 0 {
		p.both("draw the group", firstWorker, process{program: drawGroup}, choice, func(ctx context.Context) error { return p.drawGroup(ctx, end) })
		return
	}
	begin := process{program: drawJob, of: who, run: run{layout: p.modelled.read(who, 0).layout}}
	p.both("draw", firstWorker, begin, choice, func(ctx context.Context) error {
		st, err := p.ledger.Status(ctx, p.specs[who].ID())
		var wanted bool
		var now job.Job
		if err == nil {
			now, wanted, err = p.ledger.Wanted(ctx, st.Job.Task().Job())
		}
		if err == nil && wanted && end == job.Done {
			err = p.store(ctx, who)
		}
		if err == nil && wanted {
			_, err = p.ledger.FinishKnown(ctx, now, job.Progress{State: end})
		}
		return err
	})
}

func (p *pair) store(ctx context.Context, who uint8) error {
	return p.ledger.Image(p.specs[who].ID(), p.specs[who].Format).Store(ctx, strings.NewReader("image"))
}

func (p *pair) drawGroup(ctx context.Context, end job.State) error {
	g, wanted, err := p.ledger.WantedGroup(ctx, p.group.Task())
	switch {
	case err != nil || !wanted:
		return err
	case end == job.Failed:
		return p.ledger.DissolveGroup(ctx, g)
	}
	ends := make([]job.Progress, len(g.Jobs))
	for i := range g.Jobs {
		ends[i].State = job.Done
		if err := p.store(ctx, uint8(i)); err != nil {
			return err
		}
	}
	_, err = p.ledger.FinishGroup(ctx, g, ends)
	return err
}

// reconcile has the reconciler look at one of the markers.
func (p *pair) reconcile(which int) {
	all := p.modelled.markers()
	if len(all) == 0 {
		return
	}
	which %= len(all)
	m := all[which]
	p.modelled.waiting = [tasks]bool{}
	p.both("reconcile", reconciler, process{program: reconcile}, uint8(which), func(ctx context.Context) (err error) {
		found := p.find(ctx, m)
		if m.group {
			_, _, err = p.ledger.OwedGroup(ctx, found)
		} else {
			_, _, err = p.ledger.Owed(ctx, found)
		}
		return err
	})
}

// find is the ledger's marker for one of the model's: both are in the order of their keys.
func (p *pair) find(ctx context.Context, m marker) (found ledger.Marker) {
	var keys []string
	for info, err := range p.memory.List(ctx, "open/", "") {
		require.NoError(p.t, err)
		keys = append(keys, info.Key)
	}
	at := slices.IndexFunc(keys, func(key string) bool {
		switch of := p.kindOf(key); {
		case m.group:
			return of == "open/group"
		case m.number > 0:
			return strings.Contains(key, string(p.specs[m.of].ID())+"."+"00000"+strconv.Itoa(int(m.number)))
		default:
			return of == "open" && strings.HasSuffix(key, string(p.specs[m.of].ID()))
		}
	})
	require.GreaterOrEqual(p.t, at, 0, "%v in %v", m, keys)
	i := 0
	for marker, err := range ledger.New(p.memory, ledger.Options{}).Markers(ctx) {
		require.NoError(p.t, err)
		if i == at {
			found = marker
		}
		i++
	}
	return found
}

func (p *pair) loseImage(who uint8) {
	if p.modelled.jobs[who].record == none {
		return
	}
	p.modelled.jobs[who].image = false
	require.NoError(p.t, p.memory.Delete(context.Background(), "renders/"+string(p.specs[who].ID())+".png"))
}
