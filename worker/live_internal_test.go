package worker

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// listener is a Live, and hears notices.
type listener struct {
	drawing []job.Drawing
	prepass []float64
	notices int
}

func (l *listener) RowsDrawn(_ context.Context, _ spec.ID, d job.Drawing) error {
	l.drawing = append(l.drawing, d)
	return nil
}

func (l *listener) PrepassAt(_ context.Context, _ spec.ID, done float64) error {
	l.prepass = append(l.prepass, done)
	return nil
}

func (l *listener) Publish(context.Context, job.Notice) error {
	l.notices++
	return nil
}

// TestRowsAreToldEverySecond while a band is drawn, and those who watch the job look.
func TestRowsAreToldEverySecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		heard, drawn, began := &listener{}, 0, time.Now()
		told := teller{live: heard, notices: heard}
		opt, end := told.band(t.Context(), "id", 7, renderer.Options{Progress: func(n int, _ renderer.Work) { drawn += n }})
		for range 3 {
			opt.Progress(8, renderer.Work{})
			time.Sleep(tellInterval) //nolint:forbidigo // in a bubble, where it takes no time
			synctest.Wait()
		}
		opt.Progress(8, renderer.Work{})
		end()
		time.Sleep(tellInterval) //nolint:forbidigo // as above
		require.Equal(t, []job.Drawing{{Band: 7, Rows: 8, Since: began}, {Band: 7, Rows: 16, Since: began}, {Band: 7, Rows: 24, Since: began}}, heard.drawing)
		require.Equal(t, 3, heard.notices)
		require.Equal(t, 32, drawn, "who listened before still does")
	})
}

// TestPrepassesAreToldEverySecond until they are complete; those that take less than a second are not.
func TestPrepassesAreToldEverySecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		heard := &listener{}
		told := teller{live: heard, notices: heard}
		progress, end := told.prepass(t.Context(), "id")
		for _, done := range []float64{0.25, 1} {
			progress(done)
			time.Sleep(tellInterval) //nolint:forbidigo // in a bubble, where it takes no time
			synctest.Wait()
		}
		end()
		require.Equal(t, []float64{0.25, almost, 1}, heard.prepass, "what follows the orbit takes time as well")

		_, end = told.prepass(t.Context(), "id")
		end()
		require.Len(t, heard.prepass, 3)
	})
}
