package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"mandelfarm/renderer/spec"
)

// Fetch writes the picture of a job to a file. It is written beside it, under
// the file's name with the ID and .part at the end, and moved into place when it
// is whole. What an earlier Fetch of the same job left there is kept, and the
// rest is fetched.
//
// The farm says what the picture's checksum is (Repr-Digest, RFC 9530). A file that has
// another is fetched once more from the beginning, and if that is no better the error is
// [ErrDamaged].
//
// Progress, unless it is nil, is told how many bytes of the picture are there.
func (c *Client) Fetch(ctx context.Context, id spec.ID, file string, progress func(done, total int64)) error {
	part := file + "." + string(id) + ".part"
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE, 0o644) //nolint:gosec // the file that the caller names, for all to read
	if err != nil {
		return err
	}
	d := &download{client: c, id: id, to: f, progress: progress}
	if d.done, err = io.Copy(&d.sum, f); err == nil {
		err = d.run(ctx)
	}
	if errors.Is(err, ErrDamaged) {
		if err = d.restart(); err == nil {
			err = d.run(ctx)
		}
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		if d.done == 0 || errors.Is(err, ErrDamaged) || refused(err) {
			err = errors.Join(err, os.Remove(part)) // there is nothing to go on from
		}
		return err
	}
	if err = os.Rename(part, file); err != nil {
		err = errors.Join(err, os.Remove(part)) // it cannot be had by going on
	}
	return err
}

// refused reports whether the farm will not give the picture, however often it is
// asked.
func refused(err error) bool {
	refusal, ok := errors.AsType[*Error](err)
	return ok && !refusal.Temporary()
}

// Copy writes the picture of a job to w and returns the number of its bytes. When
// it fails in between, w has the beginning of the picture. If the error is [ErrDamaged]
// it has all of it, damaged.
func (c *Client) Copy(ctx context.Context, id spec.ID, w io.Writer) (int64, error) {
	d := &download{client: c, id: id, to: stream{w}}
	err := d.run(ctx)
	return d.done, err
}

// target is where a download goes to.
type target interface {
	io.Writer
	// Truncate and Seek, both to 0, forget what was written.
	Truncate(size int64) error
	io.Seeker
}

// stream is a target that cannot start again.
type stream struct{ io.Writer }

var errRestart = errors.New("the farm does not resume what was begun")

// Truncate implements target.
func (stream) Truncate(int64) error { return errRestart }

// Seek implements target.
func (stream) Seek(int64, int) (int64, error) { return 0, errRestart }

// download is the fetching of a picture.
type download struct {
	client   *Client
	id       spec.ID
	to       target
	done     int64    // bytes written; what follows is asked for
	sum      checksum // of what is written
	digest   string   // Repr-Digest of the picture, empty if nobody has said it
	backoff  backoff
	progress func(done, total int64)
}

// run fetches until the picture is whole.
func (d *download) run(ctx context.Context) error {
	for {
		total, err := d.attempt(ctx)
		if err == nil && d.done != total {
			err = fmt.Errorf("%w: %d bytes of %d came", ErrUnreachable, d.done, total)
		}
		if err == nil {
			return d.sum.check(d.digest)
		}
		if err = d.backoff.wait(ctx, err); err != nil {
			return err
		}
	}
}

// attempt asks for what is missing and writes what comes. It returns the size of
// the picture.
func (d *download) attempt(ctx context.Context) (total int64, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	quiet := time.AfterFunc(silence, func() { cancel(errSilent) })
	defer quiet.Stop()
	request, err := d.client.request(ctx, http.MethodGet, path(d.id)+"/image", nil)
	if err != nil {
		return 0, err
	}
	request.Header.Set("Accept-Encoding", "identity") // or there would be no length
	if d.done > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", d.done))
		request.Header.Set("If-Range", `"`+string(d.id)+`"`) // the ETag of a picture is its ID
	}
	hc := *d.client.http
	hc.CheckRedirect = d.redirect(hc.CheckRedirect)
	response, err := d.client.send(&hc, request)
	if refusal, ok := errors.AsType[*Error](err); ok && refusal.Status == http.StatusRequestedRangeNotSatisfiable {
		return d.beyond(ctx)
	}
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	d.note(response)
	total, err = d.place(ctx, response)
	if err != nil {
		return 0, err
	}
	d.backoff.alive()
	return total, d.receive(ctx, response.Body, total, quiet)
}

// note remembers the checksum that an answer of the farm tells.
func (d *download) note(response *http.Response) {
	if digest := response.Header.Get("Repr-Digest"); digest != "" {
		d.digest = digest
	}
}

// redirect lets a storage's own URL resume a download: its ETag is another, and
// the object is the same.
func (d *download) redirect(inner func(*http.Request, []*http.Request) error) func(*http.Request, []*http.Request) error {
	return func(r *http.Request, via []*http.Request) error {
		d.note(r.Response)
		r.Header.Del("If-Range")
		if inner != nil {
			return inner(r, via)
		}
		if len(via) > 3 {
			return errors.New("too many redirects")
		}
		return nil
	}
}

// beyond handles a part that is as long as the picture, or longer: it asks how
// long that is.
func (d *download) beyond(ctx context.Context) (int64, error) {
	request, err := d.client.request(ctx, http.MethodHead, path(d.id)+"/image", nil)
	if err != nil {
		return 0, err
	}
	response, err := d.client.send(d.client.http, request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	d.note(response)
	if d.done != response.ContentLength {
		d.backoff.alive()
		err = errors.Join(d.restart(), errBeyond)
	}
	return response.ContentLength, err
}

// errBeyond: what was there is not the beginning of the picture.
var errBeyond = fmt.Errorf("%w: more was there than there is to fetch", ErrUnreachable)

// place finds where in the picture an answer begins, and the picture's size.
func (d *download) place(ctx context.Context, response *http.Response) (total int64, err error) {
	if response.StatusCode == http.StatusPartialContent {
		from, total, ok := contentRange(response.Header.Get("Content-Range"))
		if !ok || from != d.done || total < from {
			return 0, fmt.Errorf("asked for the bytes from %d on, got %q", d.done, response.Header.Get("Content-Range"))
		}
		return total, nil
	}
	total = response.ContentLength
	if total < 0 { // something on the way has dropped it
		st, err := d.client.Job(ctx, d.id)
		if err != nil {
			return 0, err
		}
		total = st.Bytes
	}
	return total, d.restart()
}

// contentRange reads "bytes from-to/total".
func contentRange(header string) (from, total int64, ok bool) {
	span, size, _ := strings.Cut(strings.TrimPrefix(header, "bytes "), "/")
	first, _, _ := strings.Cut(span, "-")
	from, errFrom := strconv.ParseInt(first, 10, 64)
	total, errTotal := strconv.ParseInt(size, 10, 64)
	return from, total, errFrom == nil && errTotal == nil
}

// restart forgets what was fetched.
func (d *download) restart() error {
	if d.done == 0 {
		return nil
	}
	if err := d.to.Truncate(0); err != nil {
		return err
	}
	if _, err := d.to.Seek(0, io.SeekStart); err != nil {
		return err
	}
	d.done, d.sum = 0, checksum{}
	return nil
}

// receive writes what comes.
func (d *download) receive(ctx context.Context, body io.Reader, total int64, quiet *time.Timer) error {
	buffer := make([]byte, 128<<10)
	for {
		n, readErr := body.Read(buffer)
		if n > 0 {
			written, err := d.to.Write(buffer[:n])
			d.done += int64(written)
			_, _ = d.sum.Write(buffer[:written]) // never fails
			if err != nil {
				return err
			}
			quiet.Reset(silence)
			d.backoff.onward()
			if d.progress != nil {
				d.progress(d.done, total)
			}
		}
		switch {
		case errors.Is(readErr, io.EOF):
			return nil
		case readErr != nil:
			return unreachable(ctx, readErr)
		}
	}
}
