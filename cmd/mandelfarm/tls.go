package main

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// tlsFiles are a certificate and its key in files. Both are empty if there is no TLS here.
type tlsFiles struct{ cert, key string }

// check says what is wrong with the files.
func (f tlsFiles) check() error {
	if f == (tlsFiles{}) {
		return nil
	}
	if f.cert == "" || f.key == "" {
		return errors.New("--tls-cert (TLS_CERT) and --tls-key (TLS_KEY): want both, or neither")
	}
	_, err := f.load()
	return err
}

func (f tlsFiles) load() (*tls.Certificate, error) {
	c, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return nil, fmt.Errorf("--tls-cert (TLS_CERT) and --tls-key (TLS_KEY): %w", err)
	}
	return &c, nil
}

// changed is when a file was last changed; zero if that cannot be told.
func changed(name string) time.Time {
	info, err := os.Stat(name)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// certificates give each connection the certificate that is in the files, which may be replaced at any time.
type certificates struct {
	files   tlsFiles
	refused func(error) // hears of files that are no good; what was good goes on

	mu     sync.Mutex
	now    *tls.Certificate
	loaded [2]time.Time // changes of the files that it was made of
}

// get is for [tls.Config.GetCertificate].
func (c *certificates) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := [2]time.Time{changed(c.files.cert), changed(c.files.key)}
	if c.now != nil && at == c.loaded {
		return c.now, nil
	}
	fresh, err := c.files.load()
	if err != nil && c.now == nil {
		return nil, err
	}
	c.loaded = at // files of which one was not replaced yet are looked at again when it is
	if err != nil {
		c.refused(err)
		return c.now, nil
	}
	c.now = fresh
	return fresh, nil
}

// serverTLS is how a server speaks TLS. It speaks HTTP/1.1 in it: bounds on connections are bounds on requests there. A proxy in
// front may speak what it likes.
func serverTLS(files tlsFiles, refused func(error)) *tls.Config {
	held := &certificates{files: files, refused: refused}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: held.get, NextProtos: []string{"http/1.1"}}
}

// itself is how a process asks the one on this machine that has the certificate in the files: it compares that and no names,
// which are those of the outside.
func (f tlsFiles) itself() (*tls.Config, error) {
	own, err := f.load()
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // VerifyConnection compares the certificate itself
		VerifyConnection: func(s tls.ConnectionState) error {
			if !bytes.Equal(s.PeerCertificates[0].Raw, own.Certificate[0]) {
				return errors.New("the process has another certificate than the one in TLS_CERT")
			}
			return nil
		},
	}, nil
}
