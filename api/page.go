package api

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/gin-gonic/gin"

	"mandelfarm/renderer/spec"
)

// Page is what browsers get at the root.
type Page struct {
	// Document is HTML. {assets}, {modules}, {renderer}, {title} and {picture} in it are replaced.
	Document string
	// Assets is a folder of the files that it loads.
	Assets fs.FS
}

// pagePolicy lets the page load nothing that is not its own, and run nothing that is not a file of its own. It makes
// pictures of numbers and of files that are dropped on it, which have blob: addresses.
const pagePolicy = "default-src 'none'; img-src 'self' blob:; connect-src 'self'; script-src 'self'; style-src 'self'; " +
	"worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// assetPath is what all files of the page are under, with their version behind it. A version is of all files together,
// so that a page never has some of one and some of another, and a file never changes under its address.
const assetPath = "/assets/"

// serviceWorker is the file that may stand between the browser and the farm, for the page and its files. It fetches by the page's policy.
const serviceWorker = "offline.js"

// asset is a file of the page.
type asset struct {
	mediaType         string
	content, squeezed []byte // as it is, and by gzip
}

// explorer answers with the document and its files.
type explorer struct {
	document string // but for title and picture
	version  string
	assets   map[string]asset
}

// mediaTypes are those of the files of a page, by their endings.
func mediaType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".webmanifest":
		return "application/manifest+json"
	default:
		return "application/octet-stream"
	}
}

func newExplorer(from Page) (*explorer, error) {
	p := &explorer{assets: make(map[string]asset)}
	sum := sha256.New()
	var modules strings.Builder
	entries, err := fs.ReadDir(from.Assets, ".")
	if err != nil {
		return nil, fmt.Errorf("the page's files: %w", err)
	}
	for _, entry := range entries {
		content, err := fs.ReadFile(from.Assets, entry.Name())
		if err != nil {
			return nil, fmt.Errorf("the page's files: %w", err)
		}
		_, _ = fmt.Fprintf(sum, "%s %d\n%s", entry.Name(), len(content), content) // a hash takes everything
		p.assets[entry.Name()] = asset{mediaType(entry.Name()), content, squeeze(content)}
		if path.Ext(entry.Name()) == ".js" {
			fmt.Fprintf(&modules, "<link rel=\"modulepreload\" href=\"{assets}/%s\">\n", entry.Name())
		}
	}
	p.version = hex.EncodeToString(sum.Sum(nil)[:8])
	p.document = strings.ReplaceAll(from.Document, "{modules}", modules.String())
	p.document = strings.NewReplacer("{assets}", assetPath+p.version, "{renderer}", spec.Version).Replace(p.document)
	return p, nil
}

// squeeze compresses by gzip.
func squeeze(content []byte) []byte {
	var buffer bytes.Buffer
	w := gzip.NewWriter(&buffer)
	_, _ = w.Write(content) // a buffer takes everything
	_ = w.Close()
	return buffer.Bytes()
}

// asset answers /assets/{version}/{name}.
func (s *Server) asset(c *gin.Context) {
	a, known := s.explorer.assets[c.Param("name")]
	if !known || c.Param("version") != s.explorer.version {
		s.fail(c, errNoRoute)
		return
	}
	c.Writer.Header()["Cache-Control"] = publicCaching.immutable // it shows nothing of the farm
	c.Header("Vary", "Accept-Encoding")
	if c.Param("name") == serviceWorker {
		c.Header("Service-Worker-Allowed", "/")
		c.Header("Content-Security-Policy", pagePolicy)
	}
	content := a.content
	if takesGzip(c.GetHeader("Accept-Encoding")) {
		c.Header("Content-Encoding", "gzip")
		content = a.squeezed
	}
	c.Data(http.StatusOK, a.mediaType, content)
}

// takesGzip reports whether an Accept-Encoding header (RFC 9110) names gzip.
func takesGzip(accept string) bool {
	for item := range strings.SplitSeq(accept, ",") {
		coding, parameters, _ := strings.Cut(item, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			return quality(parameters) > 0
		}
	}
	return false
}

// The picture that stands for a link where it is pasted, in the size that such places show.
const (
	cardWidth  = 1200
	cardHeight = 630
)

// first is the query of the picture that the page opens with.
const first = "re=-0.743643887&im=0.1318259&radius=0.0001&max_iterations=2000&density=0.7&offset=0.1"

// html is the document for a link.
func (s *Server) html(r *http.Request) []byte {
	title, query := s.card(r.URL)
	picture := fmt.Sprintf("%s://%s/generate/%d/%d?%s", scheme(r), r.Host, cardWidth, cardHeight, query)
	return []byte(strings.NewReplacer("{title}", html.EscapeString(title), "{picture}", html.EscapeString(picture)).Replace(s.explorer.document))
}

// card is what a link shows, in words and as the query of a picture: the first picture if the link names none that the farm
// would draw at once.
func (s *Server) card(u *url.URL) (title, query string) {
	given, err := parseQuery(u)
	if err != nil || len(given) == 0 {
		return "mandelfarm", first
	}
	delete(given, "format")
	delete(given, "counts")
	wanted, err := spec.FromQuery(cardWidth, cardHeight, given)
	if err == nil {
		err = s.allowed(wanted)
	}
	if err != nil {
		return "mandelfarm", first
	}
	name := strings.ReplaceAll(string(wanted.Formula), "_", " ")
	return fmt.Sprintf("%s%s at a radius of %s", strings.ToUpper(name[:1]), name[1:], wanted.Radius), given.Encode()
}

// scheme is that of the address a browser has asked, by the word of the proxy in front if there is one.
func scheme(r *http.Request) string {
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		return "https"
	}
	return "http"
}
