package worker

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// TestOthersAreGoneWhenNobodyHasSeenThem, in looks that follow each other.
func TestOthersAreGoneWhenNobodyHasSeenThem(t *testing.T) {
	t.Parallel()
	const matters = time.Hour
	ours, theirs := job.Worker{RendererVersion: spec.Version}, job.Worker{RendererVersion: "another"}
	var there []job.Worker
	o := &others{workers: func(context.Context) ([]job.Worker, error) { return there, nil }}
	began := time.Now()
	for _, look := range []struct {
		after time.Duration
		there []job.Worker
		want  time.Duration
		why   string
	}{
		{0, []job.Worker{ours}, 0, "the first look"},
		{10 * time.Minute, []job.Worker{ours}, 10 * time.Minute, ""},
		{20 * time.Minute, nil, 20 * time.Minute, ""},
		{30 * time.Minute, []job.Worker{ours, theirs}, 0, "one is there"},
		{40 * time.Minute, []job.Worker{ours}, 10 * time.Minute, ""},
		{60 * time.Minute, []job.Worker{ours}, 0, "not looked for long"},
		{70 * time.Minute, []job.Worker{ours}, 10 * time.Minute, ""},
	} {
		there = look.there
		got, err := o.goneFor(t.Context(), began.Add(look.after), matters)
		require.NoError(t, err)
		require.Equal(t, look.want, got, "after %s: %s", look.after, look.why)
	}
}
