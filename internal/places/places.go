// Package places reads the published deep views that the renderer is checked and measured against, with what is known of
// them: points by plain iteration in as many bits as that takes, and the minibrots in the views.
//
// They lie under renderer/testdata/deepzoom, whose README says where they come from and what the fields are in. The
// numbers are text, with more digits than a float64 holds. The package knows nothing of the renderer: tests of the
// renderer and of its packages use it, and the deepbench tool.
package places

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Archive is the file of places, seen from the root of the repository.
const Archive = "renderer/testdata/deepzoom/places.jsonl.gz"

// The size of the pictures that samples are of, in pixels.
const (
	Width  = 1024
	Height = 576
)

// Place is a view and what is known of it.
type Place struct {
	Name          string // two digits, by which others call it, and words: "06_kf_1e50"
	Source        string // the repository and the file that published it
	Re, Im        string // of the centre
	Radius        string // half the height of the view
	MaxIterations int    `json:"max_iterations"`
	Samples       []Sample
	Nucleus       *Nucleus // nil if it is not known
}

// Number is the number that the name begins with.
func (p Place) Number() string {
	number, _, _ := strings.Cut(p.Name, "_")
	return number
}

// Sample is what is known of the centre of a pixel.
type Sample struct {
	Column, Row int
	Nu          *float64 // n - log2(ln|z|); nil if it does not escape within the limit
	De          *float64 // estimated distance to the boundary, in pixels; nil if that is not known
}

// Nucleus is the centre of the minibrot of the lowest period in a view.
type Nucleus struct {
	Period    int
	Re, Im    string
	Log10Size float64 `json:"log10_size"` // decimal logarithm of the minibrot's size relative to the whole set's
	Angle     float64 // by which it is turned, in radians
}

// Read reads an archive of places, which has them in the order of their names.
func Read(archive string) ([]Place, error) {
	file, err := os.Open(archive) //nolint:gosec // whoever runs a test or a tool names it
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := gzip.NewReader(bufio.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("places in %s: %w", archive, err)
	}
	var all []Place
	for lines := json.NewDecoder(text); ; {
		var p Place
		if err := lines.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("places in %s: place %d: %w", archive, len(all)+1, err)
		}
		all = append(all, p)
	}
}
