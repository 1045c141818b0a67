package api

import (
	"encoding/json"
	"fmt"
	"image"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"mandelfarm/pyramid"
)

const (
	// iiifContext is what JSON-LD has for a service's description.
	iiifContext = "http://iiif.io/api/image/3/context.json"
	// iiifSide bounds both sides of an image that is asked for: 64 MiB of pixels and twice that of sums.
	iiifSide = 4096
)

// iiifService is the description of an image service (IIIF Image API 3.0, 5).
type iiifService struct {
	Context          string     `json:"@context"`
	ID               string     `json:"id"`
	Type             string     `json:"type"`
	Protocol         string     `json:"protocol"`
	Profile          string     `json:"profile"`
	Width            int        `json:"width"`
	Height           int        `json:"height"`
	MaxWidth         int        `json:"maxWidth"`
	MaxHeight        int        `json:"maxHeight"`
	Sizes            []iiifSize `json:"sizes"`
	Tiles            []iiifTile `json:"tiles"`
	PreferredFormats []string   `json:"preferredFormats"`
	ExtraQualities   []string   `json:"extraQualities"`
	ExtraFeatures    []string   `json:"extraFeatures"`
}

type iiifSize struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

type iiifTile struct {
	Width        int   `json:"width"`
	ScaleFactors []int `json:"scaleFactors"`
}

// iiifBase is the address of a job's image service.
func iiifBase(c *gin.Context) string {
	scheme := "http"
	if c.Request.TLS != nil || strings.EqualFold(c.GetHeader("X-Forwarded-Proto"), "https") {
		scheme = "https"
	}
	return scheme + "://" + c.Request.Host + "/jobs/" + c.Param("id") + "/iiif"
}

// iiif answers GET /jobs/{id}/iiif.
func (s *Server) iiif(c *gin.Context) {
	if _, err := s.viewed(c); err != nil {
		s.fail(c, err)
		return
	}
	anyOrigin(c)
	c.Header("Cache-Control", "no-cache")
	c.Redirect(http.StatusSeeOther, c.Request.URL.Path+"/info.json")
}

// iiifInfo answers GET /jobs/{id}/iiif/info.json.
func (s *Server) iiifInfo(c *gin.Context) {
	st, err := s.viewed(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.sendLinked(c, iiifContext, describeIIIF(iiifBase(c), st.Spec.Width, st.Spec.Height))
}

// sendLinked sends a document in JSON-LD of a context.
func (s *Server) sendLinked(c *gin.Context, context string, document any) {
	mediaType := "application/json"
	if strings.Contains(c.GetHeader("Accept"), "application/ld+json") {
		mediaType = `application/ld+json;profile="` + context + `"`
	}
	body, err := json.Marshal(document)
	if err != nil {
		s.fail(c, err)
		return
	}
	anyOrigin(c)
	c.Header("Cache-Control", "no-cache") // it has the address that it was asked by
	c.Header("Vary", "Accept")
	c.Data(http.StatusOK, mediaType, body)
}

func describeIIIF(base string, width, height int) iiifService {
	service := iiifService{
		Context: iiifContext, ID: base, Type: "ImageService3", Protocol: "http://iiif.io/api/image", Profile: "level2",
		Width: width, Height: height, MaxWidth: iiifSide, MaxHeight: iiifSide,
		PreferredFormats: []string{"png"}, ExtraQualities: []string{"color", "gray", "bitonal"},
		ExtraFeatures: []string{"canonicalLinkHeader", "mirroring", "profileLinkHeader"},
	}
	tile := iiifTile{Width: pyramid.TileSide}
	for n := range pyramid.Halvings(width, height) + 1 {
		tile.ScaleFactors = append(tile.ScaleFactors, 1<<n)
		if size := pyramid.Size(width, height, n); size.X <= iiifSide && size.Y <= iiifSide {
			service.Sizes = append([]iiifSize{{size.X, size.Y}}, service.Sizes...)
		}
	}
	service.Tiles = []iiifTile{tile}
	return service
}

// iiifImage answers GET /jobs/{id}/iiif/{region}/{size}/{rotation}/{quality}.{format}.
func (s *Server) iiifImage(c *gin.Context) {
	st, err := s.viewed(c)
	var asked iiifRequest
	if err == nil {
		asked, err = parseIIIF(c.Param("region"), c.Param("size"), c.Param("rotation"), c.Param("image"), image.Pt(st.Spec.Width, st.Spec.Height))
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	link := fmt.Sprintf(`<http://iiif.io/api/image/3/level2.json>;rel="profile", <%s/%s>;rel="canonical"`,
		iiifBase(c), asked.canonical(image.Pt(st.Spec.Width, st.Spec.Height)))
	s.sendView(c, st, wantedView{View: asked.view, encoding: asked.encoding, change: asked.change, link: link})
}
