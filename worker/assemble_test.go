package worker_test

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// TestAnAssemblyFindsAPictureInItsPlace: one that is whole is another worker's and stays; one that is
// damaged gives way.
func TestAnAssemblyFindsAPictureInItsPlace(t *testing.T) {
	t.Parallel()
	for name, found := range map[string]func(data []byte) []byte{
		"whole":   func(data []byte) []byte { return data },
		"damaged": func(data []byte) []byte { data[len(data)/2] ^= 1; return data },
	} {
		b := newBundle(t)
		j, _ := large(t, b, 3)
		drawBands(t, b, j, 0, 1, 2)
		picture := b.ledger.Image(j.ID, spec.PNG)
		var once sync.Once
		removed := 0
		b.store.Store = &failingStore{Store: b.store.Store, fail: func(op, key string) bool {
			switch {
			case op == "compose": // just before, another one has stored it
				once.Do(func() {
					require.NoError(t, picture.Store(t.Context(), bytes.NewReader(draw(t, j.Spec))), name)
					path := filepath.Join(b.folder, picture.String())
					data, err := os.ReadFile(path)
					require.NoError(t, err)
					require.NoError(t, os.WriteFile(path, found(data), 0o600))
				})
			case op == "delete" && key == picture.String():
				removed++
			}
			return false
		}}
		require.NoError(t, b.Handle(t.Context(), j.AssembleTask(), last()))
		requireState(t, b, j.Spec, job.Done)
		require.Equal(t, draw(t, j.Spec), image(t, b, j.Spec), name)
		require.Equal(t, name == "damaged", removed == 1)
	}
}
