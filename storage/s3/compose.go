package s3

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/minio/minio-go/v7"
	"golang.org/x/sync/errgroup"

	"mandelfarm/storage"
)

// Headers by which an upload is checked: the server adds up what it takes and what it
// copies, part by part, and says so.
const (
	checksumAlgorithm = "X-Amz-Checksum-Algorithm"
	checksumType      = "X-Amz-Checksum-Type"
	checksumCRC32C    = "X-Amz-Checksum-Crc32c"
	ofTheWhole        = "FULL_OBJECT"
)

// errNoCopies says that the server does not copy parts such that it says what they are.
var errNoCopies = errors.New("the server does not copy parts of uploads, or does not say their CRC-32C")

// errUnlike says that what the server has copied is not what it should be.
var errUnlike = errors.New("the parts that the server has copied are not what they should be")

// Compose has the server copy what is large of the parts, and sends the rest.
func (s *Store) Compose(ctx context.Context, key, contentType string, parts []storage.Part) error {
	if err := s.compose(ctx, key, contentType, parts); err != nil {
		return failed("compose", key, err)
	}
	return nil
}

func (s *Store) compose(ctx context.Context, key, contentType string, parts []storage.Part) error {
	if err := check(ctx, key); err != nil {
		return err
	}
	there, err := s.state(ctx, key)
	if err == nil && there != (state{}) {
		err = storage.ErrExists // the common loser need not send a poster to find out
	}
	if err != nil {
		return err
	}
	if storage.PartsSum(parts).Size() > maxSingle {
		err := s.noteWrite(s.composeParts(ctx, key, contentType, parts))
		if !refusesCopies(err) {
			return err
		}
	}
	return s.composeBytes(ctx, key, contentType, parts)
}

// refusesCopies reports whether an error says that the object should be sent: the
// server does not do what is asked of it, or a part is not what it should be, of which the
// reading will tell.
func refusesCopies(err error) bool {
	if answer, ok := errors.AsType[minio.ErrorResponse](err); ok {
		return answer.StatusCode == http.StatusNotImplemented || answer.StatusCode == http.StatusBadRequest || missing(answer)
	}
	return errors.Is(err, errNoCopies) || errors.Is(err, errUnlike)
}

// composeBytes sends all bytes of the parts.
func (s *Store) composeBytes(ctx context.Context, key, contentType string, parts []storage.Part) error {
	body := storage.Concatenated(ctx, s, parts)
	defer body.Close()
	if storage.PartsSum(parts).Size() <= maxSingle {
		data, err := io.ReadAll(body)
		if err != nil {
			return err
		}
		return s.create(ctx, key, contentType, data)
	}
	opts := minio.PutObjectOptions{ContentType: contentType}
	return s.noteWrite(s.putParts(ctx, key, &obedient{ctx, body}, opts, terms{create: true}))
}

// composeParts has the server copy what it can.
func (s *Store) composeParts(ctx context.Context, key, contentType string, parts []storage.Part) error {
	opts := minio.PutObjectOptions{ContentType: contentType}
	return s.upload(ctx, key, opts, terms{create: true, checked: true}, func(id string) ([]minio.CompletePart, storage.Sum, error) {
		c := composition{store: s, key: key, id: id, parts: parts, sections: layOut(parts)}
		c.buffers.New = func() any { return new(bytes.Buffer) }
		return c.send(ctx)
	})
}

// composition is an object on its way to be composed.
type composition struct {
	store    *Store
	key, id  string
	parts    []storage.Part
	sections []section
	buffers  sync.Pool // of *bytes.Buffer, for what is gathered
}

// send sends and copies all sections. When one has failed it begins no other, and returns when those under way have ended: a server may
// go on with a request that nobody waits for, and make an upload anew that was aborted meanwhile (versitygw 1.8 does).
func (c *composition) send(ctx context.Context) ([]minio.CompletePart, storage.Sum, error) {
	var group errgroup.Group
	group.SetLimit(partsAtOnce)
	var done partList
	var failed atomic.Bool
	for i := range c.sections {
		group.Go(func() error {
			if failed.Load() {
				return nil
			}
			part, err := c.sendSection(ctx, i+1, &c.sections[i])
			if err != nil {
				failed.Store(true)
				return fmt.Errorf("part %d: %w", i+1, err)
			}
			done.add(part)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, storage.Sum{}, err
	}
	sum, err := c.compare()
	return done.sorted(), sum, err
}

func (c *composition) sendSection(ctx context.Context, number int, s *section) (minio.CompletePart, error) {
	if s.copied {
		return c.copy(ctx, number, &s.spans[0])
	}
	return c.gather(ctx, number, s)
}

// copy has the server make a part of the upload of a range of an object.
func (c *composition) copy(ctx context.Context, number int, s *span) (minio.CompletePart, error) {
	from := c.parts[s.part]
	part, err := c.store.bucket.CopyObjectPart(ctx, from.Key, c.key, c.id, number, from.Offset+s.offset, s.size)
	if err != nil {
		return part, unwritable(err)
	}
	crc, err := base64.StdEncoding.DecodeString(part.ChecksumCRC32C)
	if err != nil || len(crc) != 4 {
		return part, errNoCopies
	}
	s.sum = storage.NewSum(s.size, binary.BigEndian.Uint32(crc))
	return part, nil
}

// gather reads small spans and sends them as a part of the upload.
func (c *composition) gather(ctx context.Context, number int, s *section) (part minio.CompletePart, err error) {
	data, _ := c.buffers.Get().(*bytes.Buffer)
	defer c.buffers.Put(data)
	data.Reset()
	data.Grow(int(s.size))
	for i := range s.spans {
		if err := c.read(ctx, data, &s.spans[i]); err != nil {
			return part, err
		}
	}
	checksum := string(storage.ChecksumOf(data.Bytes()))
	sent, err := c.store.bucket.PutObjectPart(ctx, c.key, c.id, number, bytes.NewReader(data.Bytes()), s.size, minio.PutObjectPartOptions{
		Sha256Hex: sha256Hex(data.Bytes()), DisableContentSha256: true, CustomHeader: http.Header{checksumCRC32C: {checksum}},
	})
	return minio.CompletePart{PartNumber: number, ETag: sent.ETag, ChecksumCRC32C: checksum}, unwritable(err)
}

// read appends the bytes of a span to data.
func (c *composition) read(ctx context.Context, data *bytes.Buffer, s *span) error {
	from := c.parts[s.part]
	if from.Key == "" {
		some := from.Data[s.offset : s.offset+s.size]
		s.sum = storage.SumOf(some)
		_, err := data.Write(some)
		return err
	}
	body, _, err := c.store.Get(ctx, from.Key, from.Offset+s.offset, s.size)
	if err != nil {
		return &storage.PartError{Part: s.part, Err: err}
	}
	defer body.Close()
	_, err = io.Copy(io.MultiWriter(data, &s.sum), body)
	return err
}

// compare holds what was sent and copied of each part against what it should be, and
// returns the sum of all.
func (c *composition) compare() (all storage.Sum, err error) {
	sums := make([]storage.Sum, len(c.parts))
	for _, section := range c.sections {
		for _, s := range section.spans {
			sums[s.part] = sums[s.part].Then(s.sum)
		}
	}
	for i, part := range c.parts {
		if sums[i] != part.Sum {
			return all, fmt.Errorf("%w: part %d", errUnlike, i)
		}
	}
	return storage.PartsSum(c.parts), nil
}
