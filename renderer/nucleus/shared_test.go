package nucleus_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/renderer/nucleus"
)

// heavy are the places that take seconds or minutes.
var heavy = map[string]bool{"12_evolution_of_trees_5e227": true, "16_olbaid_1e1086": true, "19_glitch_test_7_1e5294": true}

// TestSharedNuclei checks against the nuclei in the folder beside the repository, where it is there.
func TestSharedNuclei(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(testenv.RepoRoot(t), "..", "shared", "deepzoom")
	file, err := os.Open(filepath.Join(folder, "nuclei.jsonl"))
	if err != nil {
		t.Skip(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	unquoted := regexp.MustCompile(`"loc":([0-9])`) // as the file has it
	for lines.Scan() {
		var known struct {
			Loc    string
			Period int
			Re, Im string
			Size   float64 `json:"log10_size"`
			Angle  float64 `json:"size_arg"`
		}
		require.NoError(t, json.Unmarshal(unquoted.ReplaceAll(lines.Bytes(), []byte(`"loc":"$1`)), &known))
		data, err := os.ReadFile(filepath.Join(folder, "locations", known.Loc+".json"))
		require.NoError(t, err)
		var view struct{ Re, Im, Radius string }
		require.NoError(t, json.Unmarshal(data, &view))
		t.Run(known.Loc, func(t *testing.T) {
			if heavy[known.Loc] && testing.Short() {
				t.Skip("it takes long")
			}
			p := place{
				re: view.Re, im: view.Im, radius: view.Radius, period: known.Period, nucleusRe: known.Re, nucleusIm: known.Im,
				log10Size: known.Size, angle: known.Angle,
			}
			p.check(t, nucleus.Options{Limit: 1_000_000, Threads: 2})
		})
	}
	require.NoError(t, lines.Err())
}
