package worker_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage/dir"
	"mandelfarm/storage/storagetest"
	"mandelfarm/worker"
)

// countedBundle is a bundle whose operations of storage are counted.
func countedBundle(t *testing.T) (*bundle, *storagetest.Counted) {
	t.Helper()
	folder := t.TempDir()
	s, err := dir.Open(folder)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	counted := &storagetest.Counted{Store: s}
	b := &bundle{store: &watched{Store: counted}, folder: folder, queue: newNotebook()}
	b.ledger = ledger.New(b.store, ledger.Options{})
	b.Worker = worker.New(worker.Config{Band: time.Second}, dependencies(t, b.ledger, b.queue))
	return b, counted
}

// TestASmallJobTakesSixOperationsOfStorage from its acceptance to its end, none of which lists anything. More of them are a
// loss of speed that no clock is needed to see.
func TestASmallJobTakesSixOperationsOfStorage(t *testing.T) {
	t.Parallel()
	b, counted := countedBundle(t)
	s := plain(t, 16, 16)
	st, err := b.ledger.Accept(t.Context(), s)
	require.NoError(t, err)
	require.Equal(t, []string{"create", "put"}, operations(counted), "the record, and the entry by which the job is owed and listed")
	require.NoError(t, b.Handle(t.Context(), st.Task(), first()))
	require.Equal(t, []string{"get", "put", "create", "delete"}, operations(counted), "is it wanted, the image, its end, the entry")
	requireState(t, b, s, job.Done)
}

// operations are the names of the operations since they were last asked for.
func operations(counted *storagetest.Counted) (names []string) {
	for _, operation := range counted.Taken() {
		name, _, _ := strings.Cut(operation, " ")
		names = append(names, name)
	}
	return names
}

// TestAReconcilersTurnIsBounded however many jobs are open: ten thousand here, of which a hundred do not wait in the queue.
func TestAReconcilersTurnIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, counted := countedBundle(t)
		for n := range 100 {
			accept(t, b, plain(t, 10+n, 10))
		}
		for n := range 9900 { // markers are listed, whatever is in them
			name := fmt.Sprintf("%040x", n)
			require.NoError(t, os.WriteFile(filepath.Join(b.folder, "open", name), nil, 0o600))
			b.queue.waiting[spec.ID(name)] = true
		}
		counted.Taken()
		reconcile(t, interval/2, b)
		require.LessOrEqual(t, len(counted.Taken()), 400)
		require.Len(t, b.queue.revived, 64, "some of those that do not wait are examined")
	})
}
