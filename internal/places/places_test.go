package places_test

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/places"
	"mandelfarm/internal/testenv"
)

// TestArchive reads the places of the tree: whatever checks against them finds something to check.
func TestArchive(t *testing.T) {
	t.Parallel()
	all, err := places.Read(filepath.Join(testenv.RepoRoot(t), places.Archive))
	require.NoError(t, err)
	require.True(t, slices.IsSortedFunc(all, func(a, b places.Place) int { return strings.Compare(a.Name, b.Name) }))
	samples, nuclei := 0, 0
	for _, p := range all {
		require.Regexp(t, `^[0-9]{2}_\w+$`, p.Name)
		assert.Equal(t, p.Name[:2], p.Number())
		assert.Contains(t, p.Source, ":", "%s was published somewhere", p.Name)
		assert.Positive(t, p.MaxIterations, p.Name)
		for _, number := range []string{p.Re, p.Im, p.Radius} {
			assert.NotEmpty(t, number, p.Name)
		}
		for _, s := range p.Samples {
			samples++
			assert.True(t, 0 <= s.Column && s.Column < places.Width && 0 <= s.Row && s.Row < places.Height, "%s: %v", p.Name, s)
			assert.False(t, s.Nu == nil && s.De != nil, "%s: %v has a distance and does not escape", p.Name, s)
		}
		if p.Nucleus != nil {
			nuclei++
			assert.Positive(t, p.Nucleus.Period, p.Name)
			assert.Negative(t, p.Nucleus.Log10Size, p.Name)
		}
	}
	assert.Equal(t, [3]int{21, 1907, 12}, [3]int{len(all), samples, nuclei}, "places, samples, nuclei")
}

// TestDamagedArchives are errors that name the file, and no shorter list.
func TestDamagedArchives(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write([]byte(`{"name": "01_first"}` + "\n" + `{"name": 2}` + "\n"))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	whole, err := os.ReadFile(filepath.Join(testenv.RepoRoot(t), places.Archive))
	require.NoError(t, err)
	for name, content := range map[string][]byte{
		"none": nil, "text": []byte("{}"), "half": whole[:len(whole)/2], "no checksum": whole[:len(whole)-4], "place 2": packed.Bytes(),
	} {
		path := filepath.Join(t.TempDir(), "places.jsonl.gz")
		require.NoError(t, os.WriteFile(path, content, 0o600))
		all, err := places.Read(path)
		require.ErrorContains(t, err, path, name)
		assert.Empty(t, all, name)
	}
	_, err = places.Read(filepath.Join(t.TempDir(), "absent"))
	require.ErrorIs(t, err, os.ErrNotExist)
}
