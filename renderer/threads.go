package renderer

import (
	"runtime"
	"sync"
	"sync/atomic"

	"mandelfarm/renderer/panics"
	"mandelfarm/renderer/spec"
)

// goroutines is how many share so many units of work, of the given number of threads; 0 stands for GOMAXPROCS.
func goroutines(threads, units int) int {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	return max(1, min(threads, units))
}

// divide has the rows done by goroutines, each of which calls do once. Its next returns rows that nobody else has, at most so
// many, or false when there are no more. A panic ends the goroutine with a [*panics.Error]. Divide returns when all are done.
func divide(threads int, all spec.Rows, most int, do func(next func() (spec.Rows, bool)) error) error {
	const turns = 8 // of each goroutine, at least, so that none has much of the work at the end alone
	var (
		taken  atomic.Int64
		group  sync.WaitGroup
		failed = make([]error, goroutines(threads, all.Count()))
		step   = max(1, min(most, all.Count()/(turns*len(failed))))
	)
	next := func() (spec.Rows, bool) {
		end := all.Start + int(taken.Add(int64(step)))
		rows := spec.Rows{Start: end - step, End: min(end, all.End)}
		return rows, rows.Start < rows.End
	}
	for i := range failed {
		group.Go(func() {
			defer panics.Recover(&failed[i])
			failed[i] = do(next)
		})
	}
	group.Wait()
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	return nil
}
