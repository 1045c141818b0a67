package api_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"image"
	_ "image/jpeg"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/pyramid"
	"mandelfarm/renderer"
)

// poster is large enough for levels, and has odd sides.
const poster = `{"width": 1301, "height": 811, "coloring": {"palette": "fire"}}`

// done submits a Spec, waits for its picture, and returns where it is and how it looks.
func (f *farm) done(text string) (location string, picture image.Image) {
	f.t.Helper()
	location = f.post(text).header.Get("Location")
	f.until(location, job.Done)
	return location, f.image(location + "/image")
}

// image asks for a picture.
func (f *farm) image(path string) image.Image {
	f.t.Helper()
	a := f.get(path)
	require.Equal(f.t, http.StatusOK, a.status, "%s: %s", path, a.body[:min(200, len(a.body))])
	img, _, err := image.Decode(bytes.NewReader(a.body))
	require.NoError(f.t, err)
	return img
}

func sameColor(a, b image.Image, ax, ay, bx, by int) bool {
	r, g, u, _ := a.At(a.Bounds().Min.X+ax, a.Bounds().Min.Y+ay).RGBA()
	r2, g2, u2, _ := b.At(b.Bounds().Min.X+bx, b.Bounds().Min.Y+by).RGBA()
	return r == r2 && g == g2 && u == u2
}

// requirePart fails unless an image is a part of another.
func requirePart(t *testing.T, whole, got image.Image, at image.Point, why string) {
	t.Helper()
	size := got.Bounds().Size()
	for y := range size.Y {
		for x := range size.X {
			require.True(t, sameColor(whole, got, at.X+x, at.Y+y, x, y), "%s: (%d,%d)", why, x, y)
		}
	}
}

// TestDeepZoomTilesAreThePicture at the deepest level, all of them, and there are all levels down to one pixel.
func TestDeepZoomTilesAreThePicture(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	f.work()
	location, whole := f.done(poster)
	var descriptor struct {
		XMLName  xml.Name
		TileSize int    `xml:",attr"`
		Overlap  int    `xml:",attr"`
		Format   string `xml:",attr"`
		Size     struct {
			Width  int `xml:",attr"`
			Height int `xml:",attr"`
		}
	}
	a := f.get(location + "/image.dzi")
	require.NoError(t, xml.Unmarshal(a.body, &descriptor))
	assert.Equal(t, "http://schemas.microsoft.com/deepzoom/2008", descriptor.XMLName.Space)
	assert.Equal(t, 1, descriptor.Overlap)
	assert.Equal(t, [2]int{1301, 811}, [2]int{descriptor.Size.Width, descriptor.Size.Height})
	assert.Equal(t, "*", a.header.Get("Access-Control-Allow-Origin"))
	side := descriptor.TileSize
	const deepest = 11 // 2^11 is the first power above 1301
	for level := deepest; level >= 0; level-- {
		size := pyramid.Size(1301, 811, deepest-level)
		for top := 0; top < size.Y; top += side {
			for left := 0; left < size.X; left += side {
				tile := f.image(fmt.Sprintf("%s/image_files/%d/%d_%d.png", location, level, left/side, top/side))
				box := image.Rect(left-1, top-1, left+side+1, top+side+1).Intersect(image.Rectangle{Max: size}) // with the overlap
				require.Equal(t, box.Size(), tile.Bounds().Size(), "level %d", level)
				if level == deepest {
					requirePart(t, whole, tile, box.Min, "a tile")
				}
			}
		}
	}
	for _, bad := range []string{"12/0_0.png", "11/3_0.png", "11/0_2.png", "11/0_0.gif", "11/0.png", "x/0_0.png", "11/-1_0.png", "11/0_0"} {
		assert.Equal(t, http.StatusNotFound, f.get(location+"/image_files/"+bad).status, bad)
	}
	tile := f.get(location + "/image_files/11/1_1.jpg")
	assert.Equal(t, "image/jpeg", tile.header.Get("Content-Type"))
	assert.Equal(t, "public, max-age=31536000, immutable", tile.header.Get("Cache-Control"))
	assert.Equal(t, http.StatusNotModified, f.get(location+"/image_files/11/1_1.jpg", "If-None-Match", tile.header.Get("ETag")).status)
}

// iiifInfo is what a test reads of a service's description.
type iiifInfo struct {
	Context  string `json:"@context"`
	ID       string
	Type     string
	Protocol string
	Profile  string
	Width    int
	Height   int
	MaxWidth int
	Sizes    []struct{ Width, Height int }
	Tiles    []struct {
		Width        int
		ScaleFactors []int
	}
}

// TestIIIFDescribesThePicture as the specification wants it.
func TestIIIFDescribesThePicture(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	f.work()
	location, whole := f.done(poster)
	redirect := f.get(location + "/iiif")
	assert.Equal(t, http.StatusSeeOther, redirect.status)
	assert.Equal(t, location+"/iiif/info.json", redirect.header.Get("Location"))
	a := f.get(location+"/iiif/info.json", "Accept", "application/ld+json")
	assert.Equal(t, `application/ld+json;profile="http://iiif.io/api/image/3/context.json"`, a.header.Get("Content-Type"))
	assert.Equal(t, "*", a.header.Get("Access-Control-Allow-Origin"))
	a = f.get(location + "/iiif/info.json")
	assert.Equal(t, "application/json", a.header.Get("Content-Type"))
	var info iiifInfo
	require.NoError(t, json.Unmarshal(a.body, &info))
	assert.Equal(t, iiifInfo{
		Context: "http://iiif.io/api/image/3/context.json", ID: f.url + location + "/iiif", Type: "ImageService3",
		Protocol: "http://iiif.io/api/image", Profile: "level2", Width: 1301, Height: 811, MaxWidth: 4096, Sizes: info.Sizes, Tiles: info.Tiles,
	}, info)
	require.Equal(t, []struct{ Width, Height int }{{326, 203}, {651, 406}, {1301, 811}}, info.Sizes)
	assert.Equal(t, []int{1, 2, 4}, info.Tiles[0].ScaleFactors)
	for _, size := range info.Sizes {
		got := f.image(fmt.Sprintf("%s/iiif/full/%d,%d/0/default.jpg", location, size.Width, size.Height))
		assert.Equal(t, image.Pt(size.Width, size.Height), got.Bounds().Size())
	}
	requirePart(t, whole, f.image(location+"/iiif/full/max/0/default.png"), image.Point{}, "max")
	requirePart(t, whole, f.image(location+"/iiif/512,512,512,299/512,299/0/default.png"), image.Pt(512, 512), "a tile")
	assert.Equal(t, http.StatusSeeOther, f.get(location+"/iiif", "X-Forwarded-Proto", "https").status)
	require.NoError(t, json.Unmarshal(f.get(location+"/iiif/info.json", "X-Forwarded-Proto", "https").body, &info))
	assert.True(t, strings.HasPrefix(info.ID, "https://"))
}

// TestManifestsShowThePicture: one canvas of the picture's size, painted by its image service, at addresses that answer.
func TestManifestsShowThePicture(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	f.work()
	location, whole := f.done(poster)
	a := f.get(location+"/iiif/manifest.json", "Accept", "application/ld+json")
	assert.Equal(t, `application/ld+json;profile="http://iiif.io/api/presentation/3/context.json"`, a.header.Get("Content-Type"))
	assert.Equal(t, "*", a.header.Get("Access-Control-Allow-Origin"))
	a = f.get(location + "/iiif/manifest.json")
	assert.Equal(t, "application/json", a.header.Get("Content-Type"))
	base := f.url + location + "/iiif"
	assert.JSONEq(t, `{
		"@context": "http://iiif.io/api/presentation/3/context.json", "id": "`+base+`/manifest.json", "type": "Manifest",
		"label": {"none": ["mandelbrot, 1301x811"]},
		"metadata": [{"label": {"en": ["Centre"]}, "value": {"none": ["-0.75, 0"]}}, {"label": {"en": ["Radius"]}, "value": {"none": ["1.25"]}}],
		"items": [{"id": "`+base+`/canvas", "type": "Canvas", "width": 1301, "height": 811, "items": [{
			"id": "`+base+`/canvas/page", "type": "AnnotationPage", "items": [{
				"id": "`+base+`/canvas/page/picture", "type": "Annotation", "motivation": "painting", "target": "`+base+`/canvas", "body": {
					"id": "`+base+`/full/1301,811/0/default.png", "type": "Image", "format": "image/png", "width": 1301, "height": 811,
					"service": [{"id": "`+base+`", "type": "ImageService3", "profile": "level2"}]
				}
			}]
		}]}]
	}`, string(a.body))
	requirePart(t, whole, f.image(location+"/iiif/full/1301,811/0/default.png"), image.Point{}, "the body")
}

// TestIIIFRequests have the size that they ask for, and one canonical form.
func TestIIIFRequests(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	f.work()
	location, _ := f.done(poster)
	for asked, want := range map[string]struct {
		width, height int
		canonical     string
	}{
		"full/max/0/default.jpg":               {1301, 811, "full/max/0/default.jpg"},
		"full/1301,/0/color.png":               {1301, 811, "full/max/0/default.png"},
		"square/max/0/default.png":             {811, 811, "245,0,811,811/max/0/default.png"},
		"0,0,100,50/max/90/default.png":        {50, 100, "0,0,100,50/max/90/default.png"},
		"1300,810,100,100/max/0/default.png":   {1, 1, "1300,810,1,1/max/0/default.png"},
		"pct:50,50,10.5,10/max/0/gray.png":     {137, 81, "651,406,137,81/max/0/gray.png"},
		"full/100,/180/bitonal.png":            {100, 62, "full/100,62/180/bitonal.png"},
		"full/,100/!0/default.png":             {160, 100, "full/160,100/!0/default.png"},
		"full/pct:10/270/default.jpg":          {81, 130, "full/130,81/270/default.jpg"},
		"full/!200,200/0/default.png":          {200, 125, "full/200,125/0/default.png"},
		"full/!9999,9999/360/default.png":      {1301, 811, "full/max/0/default.png"},
		"full/30,700/0/default.png":            {30, 700, "full/30,700/0/default.png"},
		"0,0,1301,811/max/!270/default.png":    {811, 1301, "full/max/!270/default.png"},
		"0,0,1024,811/512,406/0/default.jpg":   {512, 406, "0,0,1024,811/512,406/0/default.jpg"},
		"1024,0,277,811/139,406/0/default.jpg": {139, 406, "1024,0,277,811/139,406/0/default.jpg"},
		"full/1,1/0/default.png":               {1, 1, "full/1,1/0/default.png"},
	} {
		a := f.get(location + "/iiif/" + asked)
		require.Equal(t, http.StatusOK, a.status, "%s: %s", asked, a.body)
		img, _, err := image.Decode(bytes.NewReader(a.body))
		require.NoError(t, err)
		assert.Equal(t, image.Pt(want.width, want.height), img.Bounds().Size(), asked)
		assert.Contains(t, a.header.Get("Link"), `<http://iiif.io/api/image/3/level2.json>;rel="profile"`)
		assert.Contains(t, a.header.Get("Link"), "<"+f.url+location+"/iiif/"+want.canonical+`>;rel="canonical"`, asked)
		assert.Equal(t, "*", a.header.Get("Access-Control-Allow-Origin"))
	}
}

func TestBadIIIFRequests(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	f.work()
	location, _ := f.done(poster)
	for asked, field := range map[string]string{
		"all/max/0/default.png":              "region",
		"0,0,0,5/max/0/default.png":          "region",
		"1301,0,5,5/max/0/default.png":       "region",
		"-1,0,5,5/max/0/default.png":         "region",
		"0.5,0,5,5/max/0/default.png":        "region",
		"1,2,3/max/0/default.png":            "region",
		"pct:0,0,0,50/max/0/default.png":     "region",
		"full/full/0/default.png":            "size",
		"full/0,/0/default.png":              "size",
		"full/,/0/default.png":               "size",
		"full/pct:0/0/default.png":           "size",
		"full/pct:101/0/default.png":         "size",
		"full/1302,/0/default.png":           "size",
		"full/^2000,/0/default.png":          "size",
		"full/!100,/0/default.png":           "size",
		"full/99999999999999,/0/default.png": "size",
		"full/max/45/default.png":            "rotation",
		"full/max/x/default.png":             "rotation",
		"full/max/0/sepia.png":               "quality",
		"full/max/0/default.tif":             "format",
		"full/max/0/default":                 "format",
	} {
		p := f.get(location + "/iiif/" + asked).problem(t)
		assert.Equal(t, http.StatusBadRequest, p.Status, asked)
		assert.Equal(t, field, p.Field, asked)
	}
}

// TestTurnedImages: each corner is where it belongs.
func TestTurnedImages(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	f.work()
	location, whole := f.done(`{"width": 40, "height": 30, "center": {"re": "-0.7", "im": "0.3"}, "radius": "0.5"}`)
	for rotation, from := range map[string]func(x, y int) (int, int){
		"90":   func(x, y int) (int, int) { return y, 29 - x },
		"180":  func(x, y int) (int, int) { return 39 - x, 29 - y },
		"270":  func(x, y int) (int, int) { return 39 - y, x },
		"!0":   func(x, y int) (int, int) { return 39 - x, y },
		"!90":  func(x, y int) (int, int) { return 39 - y, 29 - x },
		"!180": func(x, y int) (int, int) { return x, 29 - y },
	} {
		got := f.image(location + "/iiif/full/max/" + rotation + "/default.png")
		for y := range got.Bounds().Dy() {
			for x := range got.Bounds().Dx() {
				fromX, fromY := from(x, y)
				require.True(t, sameColor(got, whole, x, y, fromX, fromY), "%s: (%d,%d)", rotation, x, y)
			}
		}
	}
}

// TestLevelsAreMadeOnce, whoever asks, lie with the job, and go with it.
func TestLevelsAreMadeOnce(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	f.work()
	location, _ := f.done(poster)
	levels := func() (names []string) {
		for info, err := range f.store.List(t.Context(), strings.TrimPrefix(location, "/")+"/levels/", "") {
			require.NoError(t, err)
			names = append(names, info.Key[strings.LastIndex(info.Key, "/")+1:])
		}
		return names
	}
	assert.Empty(t, levels(), "nobody has looked")
	first := f.get(location + "/image_files/9/0_0.png")
	require.Equal(t, []string{"000001.png", "000002.png", "index.json"}, levels())
	require.NoError(t, f.store.Delete(t.Context(), strings.TrimPrefix(location, "/")+"/image.png"))
	f.url = f.serve(f.config)
	assert.Equal(t, first.body, f.get(location+"/image_files/9/0_0.png").body, "by another process")

	require.NoError(t, f.store.Delete(t.Context(), strings.TrimPrefix(location, "/")+"/levels/000002.png"))
	f.url = f.serve(f.config)
	assert.Equal(t, http.StatusServiceUnavailable, f.get(location+"/image_files/9/0_0.png").status, "it is found out")
	assert.Equal(t, first.body, f.get(location+"/image_files/9/0_0.png").body, "and made again")

	assert.Equal(t, http.StatusNoContent, f.ask(http.MethodDelete, location+"?purge=true", nil).status)
	assert.Empty(t, levels())
	assert.Equal(t, http.StatusNotFound, f.get(location+"/image.dzi").status)
}

// TestPostersThatAreDrawnCanBeLookedAt: what is stored of them is sharp, and the rest is the preview.
func TestPostersThatAreDrawnCanBeLookedAt(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	var location string
	j, plan := f.begin(&location)
	whole, err := png.Decode(bytes.NewReader(drawn(t, j.Spec)))
	require.NoError(t, err)
	var band bytes.Buffer
	_, err = renderer.WriteBand(t.Context(), &band, j.Spec, plan.Bands[1].Rows(), renderer.Options{})
	require.NoError(t, err)
	require.NoError(t, f.ledger.Band(j.ID, 1).Store(t.Context(), bytes.NewReader(append(band.Bytes(), "a trailer"...))))
	require.NoError(t, f.ledger.Band(j.ID, 0).Store(t.Context(), strings.NewReader("damaged")))
	a := f.get(location + "/image_files/8/0_0.png")
	assert.Equal(t, "no-cache", a.header.Get("Cache-Control"))
	assert.Empty(t, a.header.Get("ETag"))
	got, err := png.Decode(bytes.NewReader(a.body))
	require.NoError(t, err)
	require.Equal(t, image.Pt(200, 100), got.Bounds().Size())
	coarse := 0
	for y := range 100 {
		for x := range 200 {
			same := sameColor(whole, got, x, y, x, y)
			require.True(t, same || y < 64, "(%d,%d)", x, y)
			if !same {
				coarse++
			}
		}
	}
	assert.Positive(t, coarse, "what is not stored is the preview")
	part := f.image(location + "/iiif/10,70,50,20/max/0/default.png")
	requirePart(t, whole, part, image.Pt(10, 70), "of a stored band")
	assert.Equal(t, image.Pt(20, 10), f.image(location+"/iiif/full/20,10/0/default.jpg").Bounds().Size())
}

// TestNothingToLookAt: of raw data, of jobs that ended without a picture, and before there is a preview.
func TestNothingToLookAt(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	raw := f.post(`{"width": 64, "height": 48, "format": "npy"}`).header.Get("Location")
	fresh := f.post(`{"width": 64, "height": 48}`).header.Get("Location")
	canceled := f.post(`{"width": 65, "height": 48}`).header.Get("Location")
	f.ask(http.MethodDelete, canceled, nil)
	for path, want := range map[string]int{raw: 409, canceled: 409, fresh: 503, "/jobs/" + strings.Repeat("0", 40): 404, "/jobs/x": 404} {
		for _, of := range []string{"/image_files/0/0_0.png", "/iiif/full/max/0/default.png"} {
			assert.Equal(t, want, f.get(path+of).status, path+of)
		}
	}
	assert.Equal(t, http.StatusOK, f.get(fresh+"/iiif/info.json").status, "its size is known")
}
