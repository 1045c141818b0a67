package foreign_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mandelfarm/foreign"
	"mandelfarm/renderer/spec"
)

// FuzzRead reads anything in every format: an error, or a Spec that is normalised and losses fit for one line.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"deep.kfr", "fire.kfp", "deep.f3.toml", "deep.imt", "rust-fractal.toml", "deepdrill-unquoted.toml"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, text := range []string{
		"", ":", "Re:\rIm:\nZoom: 1e999999999999999999999\n", "Location:\n\tRe: -.8@-1\n\tIm: @\n\tSize: 1@+0a\n",
		"[[formula]]\nopcodes = \"sqr\"\n", "a.b.c = [{x = 1979-05-27T07:32:00Z}]\n", "\xffIMPV\r\n\x00", "Colors: ,,,\n", "1 2 3\n", "a {\ngradient:\n index=0 color=1\n}\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = foreign.Detect("x.kfr", data)
		for _, format := range foreign.Formats() {
			picture, err := foreign.Read(format, data, foreign.Size{Width: 30, Height: 20})
			if err != nil {
				if strings.Contains(err.Error(), "\n") || len(err.Error()) > 400 {
					t.Errorf("%q is too long an error", err)
				}
				continue
			}
			again, err := spec.Parse(picture.Spec.Canonical())
			if err != nil || again != picture.Spec {
				t.Errorf("%s is not normalised: %v", picture.Spec.Canonical(), err)
			}
			for _, loss := range picture.Losses {
				if loss.Reason == "" || strings.Contains(loss.String(), "\n") || len(loss.String()) > 400 {
					t.Errorf("%q is no loss", loss)
				}
			}
		}
	})
}
