package api

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"strconv"
	"strings"

	"mandelfarm/pyramid"
	"mandelfarm/renderer/spec"
)

// iiifRequest is what an image request asks for (IIIF Image API 3.0, 4).
type iiifRequest struct {
	view     pyramid.View
	mirrored bool
	turns    int // of 90 degrees, clockwise
	quality  string
	encoding encoding
}

func parseIIIF(region, size, rotation, file string, whole image.Point) (r iiifRequest, err error) {
	if r.view.Region, err = parseRegion(region, whole); err != nil {
		return r, err
	}
	if r.view.Size, err = parseSize(size, r.view.Region.Size()); err != nil {
		return r, err
	}
	if r.mirrored, r.turns, err = parseRotation(rotation); err != nil {
		return r, err
	}
	quality, format, _ := strings.Cut(file, ".")
	switch quality {
	case "default", "color", "gray", "bitonal":
		r.quality = quality
	default:
		return r, spec.NewFieldError("quality", quality, "must be one of default, color, gray, bitonal")
	}
	var ok bool
	if r.encoding, ok = findEncoding(format); !ok {
		return r, spec.NewFieldError("format", format, "must be jpg or png")
	}
	return r, nil
}

// numbersOf reads so many numbers that are not negative, between commas.
func numbersOf(text string, count int) ([]float64, bool) {
	var numbers []float64
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.ParseFloat(part, 64)
		if err != nil || strings.Trim(part, "0123456789.") != "" || n > math.MaxInt32 {
			return nil, false
		}
		numbers = append(numbers, n)
	}
	return numbers, len(numbers) == count
}

// parseRegion reads the part of the whole that is asked for.
func parseRegion(text string, whole image.Point) (image.Rectangle, error) {
	bad := func(reason string) (image.Rectangle, error) {
		return image.Rectangle{}, spec.NewFieldError("region", text, reason)
	}
	all := image.Rectangle{Max: whole}
	percent, isPercent := strings.CutPrefix(text, "pct:")
	switch text {
	case "full":
		return all, nil
	case "square":
		side := min(whole.X, whole.Y)
		at := image.Pt((whole.X-side)/2, (whole.Y-side)/2)
		return image.Rectangle{Min: at, Max: at.Add(image.Pt(side, side))}, nil
	}
	numbers, ok := numbersOf(percent, 4)
	if !ok || !isPercent && strings.Contains(text, ".") {
		return bad("must be full, square, x,y,w,h or pct:x,y,w,h")
	}
	if isPercent {
		for i, side := range []int{whole.X, whole.Y, whole.X, whole.Y} {
			numbers[i] = math.Round(numbers[i] * float64(side) / 100)
		}
	}
	x, y := int(numbers[0]), int(numbers[1])
	region := image.Rect(x, y, x+int(numbers[2]), y+int(numbers[3])).Intersect(all)
	if region.Empty() {
		return bad("has nothing of the picture in it")
	}
	return region, nil
}

// parseSize reads the size that a region of so many pixels is to have.
func parseSize(text string, region image.Point) (image.Point, error) {
	bad := func(reason string) (image.Point, error) {
		return image.Point{}, spec.NewFieldError("size", text, reason)
	}
	const forms = "must be max, w, or ,h or w,h or !w,h or pct:n"
	if strings.HasPrefix(text, "^") {
		return bad("must not begin with ^: pictures are not enlarged")
	}
	if text == "max" {
		return within(region, image.Pt(min(region.X, iiifSide), min(region.Y, iiifSide))), nil
	}
	size, ok := scaledSize(text, region)
	switch {
	case !ok:
		return bad(forms)
	case size.X < 1 || size.Y < 1:
		return bad("leaves no pixel")
	case size.X > region.X || size.Y > region.Y:
		return bad("is larger than the region: pictures are not enlarged")
	case size.X > iiifSide || size.Y > iiifSide:
		return bad(fmt.Sprintf("must be at most %d in each direction", iiifSide))
	}
	return size, nil
}

// scaledSize reads the sizes that are not max.
func scaledSize(text string, region image.Point) (image.Point, bool) {
	if percent, ok := strings.CutPrefix(text, "pct:"); ok {
		n, ok := numbersOf(percent, 1)
		if !ok || n[0] == 0 {
			return image.Point{}, false
		}
		return image.Pt(part(region.X, n[0]/100), part(region.Y, n[0]/100)), true
	}
	confined, isConfined := strings.CutPrefix(text, "!")
	width, height, two := strings.Cut(confined, ",")
	if !two || width != "" && !isNumber(width) || height != "" && !isNumber(height) {
		return image.Point{}, false
	}
	w, errW := strconv.ParseInt(width, 10, 32)
	h, errH := strconv.ParseInt(height, 10, 32)
	switch {
	case isConfined && errW == nil && errH == nil:
		return within(region, image.Pt(min(int(w), region.X), min(int(h), region.Y))), true
	case isConfined:
		return image.Point{}, false
	case errW == nil && errH == nil:
		return image.Pt(int(w), int(h)), true
	case errW == nil && height == "":
		return image.Pt(int(w), part(region.Y, float64(w)/float64(region.X))), true
	case errH == nil && width == "":
		return image.Pt(part(region.X, float64(h)/float64(region.Y)), int(h)), true
	}
	return image.Point{}, false
}

// within is the largest size in the shape of a region that fits.
func within(region, limits image.Point) image.Point {
	scale := min(float64(limits.X)/float64(region.X), float64(limits.Y)/float64(region.Y))
	return image.Pt(min(limits.X, part(region.X, scale)), min(limits.Y, part(region.Y, scale)))
}

// part is a side that is scaled, at least a pixel.
func part(side int, scale float64) int { return max(1, int(math.Round(float64(side)*scale))) }

// parseRotation reads whether an image is mirrored, and then turned.
func parseRotation(text string) (mirrored bool, turns int, err error) {
	angle, mirrored := strings.CutPrefix(text, "!")
	switch angle {
	case "0", "360":
	case "90":
		turns = 1
	case "180":
		turns = 2
	case "270":
		turns = 3
	default:
		err = spec.NewFieldError("rotation", text, "must be 0, 90, 180 or 270, and ! before it mirrors")
	}
	return mirrored, turns, err
}

// canonical is the one form that all requests for an image have (4.7).
func (r iiifRequest) canonical(whole image.Point) string {
	region, mirror := "full", ""
	if box := r.view.Region; box != (image.Rectangle{Max: whole}) {
		region = fmt.Sprintf("%d,%d,%d,%d", box.Min.X, box.Min.Y, box.Dx(), box.Dy())
	}
	size := fmt.Sprintf("%d,%d", r.view.Size.X, r.view.Size.Y)
	if most, err := parseSize("max", r.view.Region.Size()); err == nil && most == r.view.Size {
		size = "max"
	}
	if r.mirrored {
		mirror = "!"
	}
	quality := r.quality
	if quality == "color" {
		quality = "default"
	}
	return fmt.Sprintf("%s/%s/%s%d/%s.%s", region, size, mirror, 90*r.turns, quality, r.encoding.extension)
}

// change mirrors, turns and recolours an image.
func (r iiifRequest) change(img image.Image) image.Image {
	switch r.quality {
	case "gray":
		img = recolored(img, image.NewGray(img.Bounds()))
	case "bitonal":
		img = recolored(img, image.NewPaletted(img.Bounds(), color.Palette{color.Black, color.White}))
	}
	if !r.mirrored && r.turns == 0 {
		return img
	}
	return turned(img, r.mirrored, r.turns)
}

// settable is an image of some kind.
type settable interface {
	image.Image
	Set(x, y int, c color.Color)
}

func recolored(from image.Image, to settable) image.Image {
	box := from.Bounds()
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			to.Set(x, y, from.At(x, y))
		}
	}
	return to
}

// turned is an image that is mirrored at its vertical axis, if at all, and then turned clockwise.
func turned(from image.Image, mirrored bool, turns int) image.Image {
	width, height := from.Bounds().Dx(), from.Bounds().Dy()
	to := image.NewRGBA(image.Rect(0, 0, width, height))
	if turns%2 == 1 {
		to = image.NewRGBA(image.Rect(0, 0, height, width))
	}
	for y := range height {
		for x := range width {
			c, at := from.At(x, y), image.Pt(x, y)
			if mirrored {
				at.X = width - 1 - x
			}
			switch turns {
			case 1:
				at = image.Pt(height-1-at.Y, at.X)
			case 2:
				at = image.Pt(width-1-at.X, height-1-at.Y)
			case 3:
				at = image.Pt(at.Y, width-1-at.X)
			}
			to.Set(at.X, at.Y, c)
		}
	}
	return to
}
