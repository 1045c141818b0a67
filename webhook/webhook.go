// Package webhook signs messages, and checks signatures, as Standard Webhooks 1.0.0 has it
// (https://www.standardwebhooks.com): HMAC-SHA256 of the message's ID, the time of the attempt and the body.
//
// It imports nothing of the farm, and knows neither what is sent nor how.
package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a message.
const (
	IDHeader        = "Webhook-Id"
	TimestampHeader = "Webhook-Timestamp" // in Unix seconds
	SignatureHeader = "Webhook-Signature" // of the form "v1,base64", several separated by spaces
)

// Tolerance is how far the time of a message may be from the receiver's.
const Tolerance = 5 * time.Minute

// Secrets are what messages are signed with: one, or while it is replaced several, each of which makes a signature.
type Secrets struct{ keys [][]byte }

// secretPrefix begins a secret, so that scanners find those that have got lost.
const secretPrefix = "whsec_"

// A secret has so many bytes.
const minSecret, maxSecret = 24, 64

// ErrSecret says what a secret is to be.
var ErrSecret = fmt.Errorf("want %s and %d to %d random bytes in base64, such as of: echo %[1]s$(openssl rand -base64 32); several are separated by spaces",
	secretPrefix, minSecret, maxSecret)

// ParseSecrets reads secrets, separated by spaces. The error does not repeat them.
func ParseSecrets(text string) (Secrets, error) {
	var s Secrets
	for word := range strings.FieldsSeq(text) {
		encoded, ok := strings.CutPrefix(word, secretPrefix)
		key, err := base64.StdEncoding.DecodeString(encoded)
		if !ok || err != nil || len(key) < minSecret || len(key) > maxSecret {
			return Secrets{}, ErrSecret
		}
		s.keys = append(s.keys, key)
	}
	if len(s.keys) == 0 {
		return Secrets{}, ErrSecret
	}
	return s, nil
}

// Sign is the headers that make a message of a body.
func (s Secrets) Sign(id string, at time.Time, body []byte) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	signatures := make([]string, len(s.keys))
	for i, key := range s.keys {
		signatures[i] = version + base64.StdEncoding.EncodeToString(sign(key, id, stamp, body))
	}
	return http.Header{IDHeader: {id}, TimestampHeader: {stamp}, SignatureHeader: {strings.Join(signatures, " ")}}
}

// version begins a signature: that of HMAC-SHA256.
const version = "v1,"

func sign(key []byte, id, stamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%s.", id, stamp) // never fails
	_, _ = mac.Write(body)
	return mac.Sum(nil)
}

// Why a message is not to be believed.
var (
	ErrSignature = errors.New("the message has no signature by this secret")
	ErrTime      = errors.New("the message is not of this time")
)

// Verify returns the ID of a message that has a signature by one of the secrets and is of the time of now, give or take [Tolerance].
func (s Secrets) Verify(header http.Header, body []byte, now time.Time) (id string, err error) {
	id, stamp := header.Get(IDHeader), header.Get(TimestampHeader)
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if id == "" || err != nil || !s.signed(header.Get(SignatureHeader), id, stamp, body) {
		return "", ErrSignature
	}
	if now.Sub(time.Unix(seconds, 0)).Abs() > Tolerance {
		return "", ErrTime
	}
	return id, nil
}

// signed compares in constant time, whatever is given.
func (s Secrets) signed(given, id, stamp string, body []byte) bool {
	found := false
	for _, key := range s.keys {
		want := sign(key, id, stamp, body)
		for one := range strings.FieldsSeq(given) {
			encoded, ok := strings.CutPrefix(one, version)
			got, err := base64.StdEncoding.DecodeString(encoded)
			found = ok && err == nil && hmac.Equal(got, want) || found
		}
	}
	return found
}
