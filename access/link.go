package access

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// NewSigningKey makes a key that signs links.
func NewSigningKey(now time.Time) Key {
	return Key{ID: newID(), Title: "signed links", Role: None, Signing: random(sha256.Size), CreatedAt: now.UTC().Truncate(time.Second)}
}

// Signs reports whether the key signs links.
func (k Key) Signs() bool { return len(k.Signing) == sha256.Size }

// Link is a text that opens the picture of a job until a time, in whole seconds. It is of letters, digits, '.', '-' and '_'.
func (k Key) Link(job string, until time.Time) string {
	seconds := strconv.FormatInt(until.Unix(), 10)
	return k.ID + "." + seconds + "." + base64.RawURLEncoding.EncodeToString(k.sign(job, seconds))
}

// Opens reports whether a link is signed by the key, of that job, and good at a time. The comparison takes the same time whatever is wrong with the signature.
func (k Key) Opens(job, link string, now time.Time) bool {
	_, rest, _ := strings.Cut(link, ".")
	seconds, signature, _ := strings.Cut(rest, ".")
	given, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || !k.Signs() || !hmac.Equal(given, k.sign(job, seconds)) {
		return false
	}
	until, err := strconv.ParseInt(seconds, 10, 64)
	return err == nil && now.Unix() < until
}

// LinkKey is the ID of the key that a link says it is signed by.
func LinkKey(link string) string {
	id, _, _ := strings.Cut(link, ".")
	return id
}

// sign signs what a link opens. The first line keeps the signature from meaning anything else.
func (k Key) sign(job, seconds string) []byte {
	mac := hmac.New(sha256.New, k.Signing)
	mac.Write([]byte("picture of a job\n" + job + "\n" + seconds))
	return mac.Sum(nil)
}
