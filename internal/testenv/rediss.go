package testenv

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Certificates are files in PEM: of an authority, and of a certificate for loopback
// that it has signed, with its key.
type Certificates struct{ CA, Cert, Key string }

// RedisTLS is a redis-server that is asked by TLS, with client certificates of its
// authority only. The RedisServer in it answers without TLS, for the test.
type RedisTLS struct {
	*RedisServer
	Certificates

	addr string
}

// Rediss starts a redis-server with TLS.
func Rediss(tb testing.TB) *RedisTLS {
	tb.Helper()
	program := redisServer(tb)
	r := &RedisTLS{Certificates: NewCertificates(tb), addr: FreeAddr(tb)}
	_, port, err := net.SplitHostPort(r.addr)
	if err != nil {
		tb.Fatal(err)
	}
	r.RedisServer = startRedis(tb, program, "--tls-port", port, "--tls-auth-clients", "yes",
		"--tls-ca-cert-file", r.CA, "--tls-cert-file", r.Cert, "--tls-key-file", r.Key)
	return r
}

// TLSURL returns the address with TLS in the form of REDIS_URL, and another database
// than the first.
func (r *RedisTLS) TLSURL() string { return "rediss://" + r.addr + "/1" }

// NewCertificates makes an authority and a certificate of its.
func NewCertificates(tb testing.TB) Certificates {
	tb.Helper()
	folder := tb.TempDir()
	c := Certificates{CA: filepath.Join(folder, "ca.pem"), Cert: filepath.Join(folder, "cert.pem"), Key: filepath.Join(folder, "key.pem")}
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority of a test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "loopback"},
		NotBefore: ca.NotBefore, NotAfter: ca.NotAfter, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"redis.test"},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	caKey, leafKey := newKey(tb), newKey(tb)
	writePEM(tb, c.CA, "CERTIFICATE", signed(tb, ca, ca, caKey, caKey))
	writePEM(tb, c.Cert, "CERTIFICATE", signed(tb, leaf, ca, leafKey, caKey))
	key, err := x509.MarshalPKCS8PrivateKey(leafKey)
	if err != nil {
		tb.Fatal(err)
	}
	writePEM(tb, c.Key, "PRIVATE KEY", key)
	return c
}

func newKey(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// signed returns a certificate of a key, signed by its issuer's.
func signed(tb testing.TB, cert, issuer *x509.Certificate, key, issuerKey *ecdsa.PrivateKey) []byte {
	tb.Helper()
	data, err := x509.CreateCertificate(rand.Reader, cert, issuer, &key.PublicKey, issuerKey)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func writePEM(tb testing.TB, path, kind string, data []byte) {
	tb.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}), 0o600); err != nil {
		tb.Fatal(err)
	}
}
