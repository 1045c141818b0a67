package api

import (
	"context"
	"log/slog"
	"reflect"
	"time"

	"golang.org/x/sync/errgroup"

	"mandelfarm/job"
	"mandelfarm/renderer/panics"
	"mandelfarm/renderer/spec"
)

// lingering is how long small jobs are waited for that come at about the same time as others, while several do.
const lingering = 2 * time.Millisecond

// submission is a small job that is to be accepted, together with those that are asked for at the same time.
type submission struct {
	wanted spec.Spec
	terms  job.Terms

	st  job.Status
	err error
	// queues is the group that this one is to queue, for all that are in it; nil if that is not for this one.
	queues *job.Group
}

func (a *submission) goesWith(b *submission) bool { return reflect.DeepEqual(a.terms, b.terms) }

// acceptSmall puts a small job on record, with others that come while those before them are. One of a group is queued with it.
func (s *Server) acceptSmall(ctx context.Context, wanted spec.Spec, terms job.Terms) (job.Status, error) {
	a := &submission{wanted: wanted, terms: terms}
	if err := s.together.Do(ctx, a); err != nil {
		return job.Status{}, err
	}
	if a.queues != nil { // after others have begun to be accepted, who do not wait for this
		if err := hint(ctx, func(ctx context.Context) error { return s.deps.Shares.SubmitGroup(ctx, *a.queues) }); err != nil {
			s.deps.Log.LogAttrs(ctx, slog.LevelWarn, "accepted jobs not queued yet", slog.String("group", string(a.queues.ID)), slog.Any("err", err))
		}
	}
	return a.st, a.err
}

// acceptAll accepts jobs, those on the same terms together. Those on other terms do not wait for them.
func (s *Server) acceptAll(ctx context.Context, items []*submission) error {
	var accepting errgroup.Group
	for len(items) > 0 {
		first := items[0]
		var same, others []*submission
		for _, a := range items {
			if a.goesWith(first) {
				same = append(same, a)
			} else {
				others = append(others, a)
			}
		}
		accepting.Go(func() (err error) {
			defer panics.Recover(&err)
			if len(same) == 1 {
				first.st, first.err = s.deps.Ledger.AcceptAs(ctx, first.wanted, first.terms)
			} else {
				s.acceptGroup(ctx, same)
			}
			return nil
		})
		items = others
	}
	return accepting.Wait()
}

// acceptGroup accepts jobs on the same terms as a group, which the first of them queues.
func (s *Server) acceptGroup(ctx context.Context, items []*submission) {
	var specs []spec.Spec
	places := make(map[spec.ID]int, len(items))
	for _, a := range items {
		if _, again := places[a.wanted.ID()]; !again {
			places[a.wanted.ID()] = len(specs)
			specs = append(specs, a.wanted)
		}
	}
	answers, g := s.deps.Ledger.AcceptTogether(ctx, specs, items[0].terms)
	for _, a := range items {
		answer := answers[places[a.wanted.ID()]]
		a.st, a.err = answer.Status, answer.Err
	}
	if len(g.Jobs) > 0 {
		items[0].queues = &g
	}
}
