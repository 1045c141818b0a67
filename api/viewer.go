package api

import (
	"bytes"
	"context"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/maypok86/otter/v2"

	"mandelfarm/job"
	"mandelfarm/pyramid"
	"mandelfarm/renderer/spec"
)

// viewers is what the answers to deep-zoom viewers are made with.
type viewers struct {
	pyramids *pyramids
	drawing  chan struct{}                // holds one for each view that may be drawn at a time
	drawn    *otter.Cache[string, []byte] // by path, of pictures that are finished
}

const (
	// viewsAtOnce bounds the memory of views that are drawn: each has a segment of the picture, and sums of its own pixels.
	viewsAtOnce = 4
	// viewBytes bounds the views that are kept.
	viewBytes = 64 << 20
	// jpegQuality shows no blocks where colours change slowly.
	jpegQuality = 90
)

func newViewers(p *pyramids) *viewers {
	return &viewers{pyramids: p, drawing: make(chan struct{}, viewsAtOnce), drawn: otter.Must(&otter.Options[string, []byte]{
		MaximumWeight: viewBytes,
		Weigher: func(path string, view []byte) uint32 {
			const overhead = 200                          // of an entry
			return uint32(len(path)+len(view)) + overhead //nolint:gosec // a view is far below 4 GiB
		},
	})}
}

// encoding is what a view is sent as.
type encoding struct {
	extension, mediaType string
	encode               func(*bytes.Buffer, image.Image) error
}

// encodings lists them.
func encodings() []encoding {
	return []encoding{
		{"png", "image/png", func(out *bytes.Buffer, img image.Image) error {
			return (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(out, img)
		}},
		{"jpg", "image/jpeg", func(out *bytes.Buffer, img image.Image) error {
			return jpeg.Encode(out, img, &jpeg.Options{Quality: jpegQuality})
		}},
	}
}

// findEncoding returns that of an extension.
func findEncoding(extension string) (encoding, bool) {
	for _, e := range encodings() {
		if e.extension == extension {
			return e, true
		}
	}
	return encoding{}, false
}

// viewed finds the job whose picture is looked at.
func (s *Server) viewed(c *gin.Context) (job.Status, error) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), requestTimeout)
	defer cancel()
	id, err := spec.ParseID(c.Param("id"))
	if err != nil {
		return job.Status{}, job.ErrUnknown
	}
	st, err := s.deps.Ledger.Status(ctx, id)
	switch {
	case err != nil:
		return st, err
	case st.Spec.Format != spec.PNG:
		return st, fmt.Errorf("%w: it is a file of the format %s", errNoImage, st.Spec.Format)
	case st.State == job.Failed, st.State == job.Canceled:
		return st, absent(st)
	}
	return st, nil
}

// anyOrigin lets pages of other origins show what a farm has for viewers, as these want it.
func anyOrigin(c *gin.Context) { c.Header("Access-Control-Allow-Origin", "*") }

// keepDone has clients keep what they see of a finished picture, and ask again for what is not finished.
func (s *Server) keepDone(c *gin.Context, st job.Status) {
	c.Header("Cache-Control", "no-cache")
	if st.State == job.Done {
		c.Writer.Header()["Cache-Control"] = s.caching.immutable
	}
}

// wantedView is a view of a picture, and what is sent of it.
type wantedView struct {
	pyramid.View
	encoding
	change func(image.Image) image.Image // turns or recolours it; nil leaves it as it is
	link   string                        // a header of the answer
}

// sendView answers with a view of a job's picture.
func (s *Server) sendView(c *gin.Context, st job.Status, v wantedView) {
	path, done := c.Request.URL.Path, st.State == job.Done
	body, kept := s.viewers.drawn.GetIfPresent(path)
	tag := fmt.Sprintf(`"%s-%08x"`, st.ID, crc32.ChecksumIEEE([]byte(path)))
	known := done && judge(c.Request.Header, tag, true) == hasIt
	if !kept && !known {
		var err error
		if body, err = s.makeView(c.Request.Context(), st, v); err != nil {
			s.fail(c, err)
			return
		}
	}
	anyOrigin(c)
	s.keepDone(c, st)
	if done {
		c.Header("ETag", tag)
		if body != nil {
			s.viewers.drawn.Set(path, body)
		}
	}
	if v.link != "" {
		c.Header("Link", v.link)
	}
	if known {
		c.Status(http.StatusNotModified)
		return
	}
	c.Data(http.StatusOK, v.mediaType, body)
}

// makeView draws and encodes a view, as soon as there is room for it.
func (s *Server) makeView(ctx context.Context, st job.Status, v wantedView) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.cfg.WaitLimit, errViewWaited)
	defer cancel()
	select {
	case s.viewers.drawing <- struct{}{}:
		defer func() { <-s.viewers.drawing }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	img, err := s.drawView(ctx, st, v.View)
	if err != nil {
		return nil, err
	}
	if v.change != nil {
		img = v.change(img)
	}
	var out bytes.Buffer
	if err := v.encode(&out, img); err != nil {
		return nil, fmt.Errorf("view of job %s: %w", st.ID, err)
	}
	return out.Bytes(), nil
}

func (s *Server) drawView(ctx context.Context, st job.Status, v pyramid.View) (image.Image, error) {
	if st.State == job.Done {
		return s.viewers.pyramids.draw(ctx, st.ID, v)
	}
	return s.drawSoFar(ctx, st, v)
}

// drawSoFar draws a view of a picture that is being drawn: its preview, and over it the bands that are stored.
func (s *Server) drawSoFar(ctx context.Context, st job.Status, v pyramid.View) (image.Image, error) {
	p, err := s.pictureSoFar(ctx, st)
	if err != nil {
		return nil, err
	}
	composed, err := p.Compose()
	if err != nil {
		return nil, err
	}
	coarse, err := png.Decode(bytes.NewReader(composed))
	if err != nil {
		return nil, err
	}
	canvas := pyramid.NewCanvas(v.Region, v.Size)
	if err := s.addBands(ctx, st, v.Region, canvas); err != nil {
		return nil, err
	}
	size := coarse.Bounds().Size()
	return canvas.Image(func(x, y int) color.RGBA {
		r, g, b, _ := coarse.At(x*size.X/st.Spec.Width, y*size.Y/st.Spec.Height).RGBA()
		return color.RGBA{R: uint8(r >> 8), G: uint8(g >> 8), B: uint8(b >> 8), A: 255} //nolint:gosec // 16 bits
	}), nil
}
