// Package golden compares PNG files made by tests with files that a person has looked at and approved.
//
// The approved files lie under testdata/golden of the package under test. `go test -update` (`make golden`) writes them
// anew; look at them before committing. A comparison has no tolerance: pictures are specified down to the byte. When
// pixels differ, the picture made, the approved one and their difference are written to the test's artifact directory,
// which `go test -artifacts -outputdir DIR` keeps.
package golden

import (
	"bytes"
	"errors"
	"flag"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the approved pictures") //nolint:gochecknoglobals // a flag must exist before the test binary parses its arguments

// PNG fails the test unless the file's pixels, and then all its bytes, are those of testdata/golden/<name>.png.
func PNG(tb testing.TB, name string, file []byte) {
	tb.Helper()
	got := decode(tb, "the picture made", file)
	path := filepath.Join("testdata", "golden", name+".png")
	if *update {
		write(tb, path, file)
		return
	}
	approved, err := os.ReadFile(path) //nolint:gosec // below testdata
	if errors.Is(err, fs.ErrNotExist) {
		tb.Fatalf("%s does not exist; make it with: go test -run Golden -update", path)
	}
	if err != nil {
		tb.Fatal(err)
	}
	want := decode(tb, path, approved)
	if first, count := differ(got, want); count > 0 {
		dir := keep(tb, name, file, approved, difference(got, want))
		tb.Fatalf("%s: %d pixels differ, the first at %v; got size %v, want %v; see %s",
			path, count, first, got.Bounds().Size(), want.Bounds().Size(), dir)
	}
	if !bytes.Equal(file, approved) {
		tb.Errorf("%s: the pixels are the same but not the bytes of the file (%d, want %d); a change of bytes raises the renderer's Version",
			path, len(file), len(approved))
	}
}

func decode(tb testing.TB, what string, file []byte) image.Image {
	tb.Helper()
	picture, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		tb.Fatalf("%s is no PNG: %v", what, err)
	}
	return picture
}

func write(tb testing.TB, path string, data []byte) {
	tb.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil { //nolint:gosec // names come from tests
		tb.Fatal(err)
	}
}

// differ counts the points whose colours differ, those outside one of the pictures included.
func differ(a, b image.Image) (first image.Point, count int) {
	bounds := a.Bounds().Union(b.Bounds())
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			if same(a, b, image.Pt(x, y)) {
				continue
			}
			if count == 0 {
				first = image.Pt(x, y)
			}
			count++
		}
	}
	return first, count
}

func same(a, b image.Image, at image.Point) bool {
	if !at.In(a.Bounds()) || !at.In(b.Bounds()) {
		return false
	}
	r, g, b0, _ := a.At(at.X, at.Y).RGBA()
	s, h, b1, _ := b.At(at.X, at.Y).RGBA()
	return r == s && g == h && b0 == b1
}

// difference is white where the pictures differ and black where they agree.
func difference(a, b image.Image) image.Image {
	picture := image.NewGray(a.Bounds().Union(b.Bounds()))
	for y := picture.Rect.Min.Y; y < picture.Rect.Max.Y; y++ {
		for x := picture.Rect.Min.X; x < picture.Rect.Max.X; x++ {
			if !same(a, b, image.Pt(x, y)) {
				picture.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	return picture
}

// keep writes the three pictures and returns their folder.
func keep(tb testing.TB, name string, got, want []byte, diff image.Image) string {
	tb.Helper()
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, diff); err != nil {
		tb.Fatal(err)
	}
	dir := tb.ArtifactDir()
	base := filepath.Join(dir, filepath.Base(name))
	write(tb, base+".got.png", got)
	write(tb, base+".want.png", want)
	write(tb, base+".diff.png", encoded.Bytes())
	return dir
}
