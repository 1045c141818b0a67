package deep

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/places"
	"mandelfarm/internal/testenv"
	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/wide"
)

// publishedViews are those of the places of such numbers, at the size that their samples have. All from 03 on are deep.
func publishedViews(t *testing.T, numbers string) map[string]View {
	t.Helper()
	all, err := places.Read(filepath.Join(testenv.RepoRoot(t), places.Archive))
	require.NoError(t, err)
	views := map[string]View{}
	for _, p := range all {
		if !slices.Contains(strings.Fields(numbers), p.Number()) {
			continue
		}
		radius := exactly(wide.New(1, 0, 0))
		radius.re = decimal(t, p.Radius)
		size := radius.wide().Norm()
		views[p.Name] = View{
			Re: p.Re, Im: p.Im, Step: size.Quo(wide.NewReal(places.Height/2, 0)), Bound: size.Mul(wide.NewReal(2.25, 0)),
			MaxIterations: p.MaxIterations, Radius2: escape.SmoothRadius2,
		}
	}
	require.NotEmpty(t, views)
	return views
}

// publishedPerturbation is the engine of a view of that name. References of the deepest places take seconds to minutes, and are kept: a file that is not there is written
// with -update. Whether they are right is what make deepzoom-check says, which computes them.
func publishedPerturbation(t *testing.T, name string, v View) *Perturbation {
	t.Helper()
	if name < "16" {
		return perturbationOf(t, v)
	}
	file := filepath.Join("testdata", "references", name)
	data, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) && *update {
		r, err := v.Reference(t.Context(), 2, nil)
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o750))
		require.NoError(t, os.WriteFile(file, stored(t, r), 0o600))
		return NewPerturbation(v, r)
	}
	require.NoError(t, err)
	defer data.Close()
	r, err := ReadReference(data)
	require.NoError(t, err)
	return NewPerturbation(v, r)
}
