package pyramid

import (
	"context"
	"fmt"
	"image"
	"image/color"

	"mandelfarm/renderer/bandpng"
)

// View is a part of a picture at a size that is no larger.
type View struct {
	Region image.Rectangle // of the picture, in pixels
	Size   image.Point     // at least 1 and at most the region's, in each direction
}

// mostRead bounds the pixels of a level that are decoded for a view.
const mostRead = 256 << 20

// level is the number of halvings of the picture that has just enough pixels for the view, or of a smaller one if that
// would take too long.
func (v View) level(levels []Level) int {
	n := 0
	for n+1 < len(levels) {
		left := Size(v.Region.Dx(), v.Region.Dy(), n+1)
		enough := left.X >= v.Size.X && left.Y >= v.Size.Y
		if !enough && int64(v.Region.Dy()>>n)*int64(levels[n].Width) <= mostRead {
			break
		}
		n++
	}
	return n
}

// at is the part of a level that the region covers.
func (v View) at(level int, size image.Point) image.Rectangle {
	r := v.Region
	up := func(n int) int { return int((int64(n) + 1<<level - 1) >> level) }
	return image.Rect(r.Min.X>>level, r.Min.Y>>level, min(size.X, up(r.Max.X)), min(size.Y, up(r.Max.Y)))
}

// Reader reads parts of the files of a pyramid.
type Reader interface {
	// ReadAt returns the bytes of a level's file from one offset up to another.
	ReadAt(ctx context.Context, level int, from, to int64) ([]byte, error)
}

// Draw returns a view of the picture that the index is of.
func (index *Index) Draw(ctx context.Context, r Reader, v View) (image.Image, error) {
	n := v.level(index.Levels)
	l := index.Levels[n]
	c := NewCanvas(v.at(n, image.Pt(l.Width, l.Height)), v.Size)
	for segment := c.region.Min.Y / l.rows(0).End; segment < len(l.Segments)-1 && l.rows(segment).Start < c.region.Max.Y; segment++ {
		chunk, err := r.ReadAt(ctx, n, l.Segments[segment], l.Segments[segment+1])
		if err != nil {
			return nil, err
		}
		pixels, err := l.header().Unpack(chunk, l.rows(segment).Count())
		if err != nil {
			return nil, fmt.Errorf("level %d: %w", n, err)
		}
		c.Add(l.header(), l.rows(segment).Start, pixels)
	}
	return enlarge(c.Image(nil), v.Size), nil
}

// enlarge gives an image that has fewer pixels than it should the size it should have.
func enlarge(from *image.RGBA, size image.Point) image.Image {
	if from.Rect.Max == size {
		return from
	}
	img := image.NewRGBA(image.Rectangle{Max: size})
	for y := range size.Y {
		for x := range size.X {
			img.SetRGBA(x, y, from.RGBAAt(x*from.Rect.Dx()/size.X, y*from.Rect.Dy()/size.Y))
		}
	}
	return img
}

// Canvas takes the rows of a picture, and makes a view of a region of it.
type Canvas struct {
	region image.Rectangle
	size   image.Point
	sums   []uint64 // of squared channels
	counts []uint32
	rgb    []byte
}

// NewCanvas is for a view of a region of what is added to it.
func NewCanvas(region image.Rectangle, size image.Point) *Canvas {
	size = image.Pt(min(size.X, region.Dx()), min(size.Y, region.Dy()))
	return &Canvas{region: region, size: size, sums: make([]uint64, channels*size.X*size.Y), counts: make([]uint32, size.X*size.Y)}
}

// Add adds rows of pixels from one on. Those outside the region are left out.
func (c *Canvas) Add(h bandpng.Header, row int, pixels []byte) {
	stride := h.Format.Stride(h.Width)
	for ; len(pixels) > 0; row, pixels = row+1, pixels[stride:] {
		if row < c.region.Min.Y || row >= c.region.Max.Y {
			continue
		}
		c.rgb = appendRGB(c.rgb[:0], h, pixels[:stride], c.region.Min.X, c.region.Max.X)
		y := (row - c.region.Min.Y) * c.size.Y / c.region.Dy()
		for x := range c.region.Dx() {
			i := y*c.size.X + x*c.size.X/c.region.Dx()
			c.counts[i]++
			for channel, value := range c.rgb[channels*x : channels*(x+1)] {
				c.sums[channels*i+channel] += uint64(value) * uint64(value)
			}
		}
	}
}

// Image is what was added. Where nothing was it is a picture of the whole, of any size, which is nil if there is no such place.
func (c *Canvas) Image(whole func(x, y int) color.RGBA) *image.RGBA {
	img := image.NewRGBA(image.Rectangle{Max: c.size})
	for i, count := range c.counts {
		x, y := i%c.size.X, i/c.size.X
		if count > 0 {
			img.SetRGBA(x, y, color.RGBA{
				R: rootMean(c.sums[channels*i], count), G: rootMean(c.sums[channels*i+1], count), B: rootMean(c.sums[channels*i+2], count), A: 255,
			})
		} else if whole != nil {
			img.SetRGBA(x, y, whole(c.region.Min.X+middle(x, c.region.Dx(), c.size.X), c.region.Min.Y+middle(y, c.region.Dy(), c.size.Y)))
		}
	}
	return img
}

// middle is the middle of the i-th of so many equal parts of a side.
func middle(i, side, parts int) int { return (2*i + 1) * side / (2 * parts) }
