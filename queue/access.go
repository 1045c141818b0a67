package queue

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// Access says who asks Redis, as far as its URL does not, and by which certificates.
// The names of the environment variables are those cmd/mandelfarm reads the fields
// from; errors of [Access.Validate] use them.
type Access struct {
	// Username and Password are those of the servers that hold data. REDIS_USERNAME,
	// REDIS_PASSWORD.
	Username, Password string
	// SentinelUsername and SentinelPassword are those of Sentinels. REDIS_SENTINEL_USERNAME,
	// REDIS_SENTINEL_PASSWORD.
	SentinelUsername, SentinelPassword string
	// CA is a file of the certificates that servers' are signed by, in PEM; those of
	// public authorities if it is empty. REDIS_TLS_CA.
	CA string
	// Certificate and Key are files of the client's own, in PEM. REDIS_TLS_CERT, REDIS_TLS_KEY.
	Certificate, Key string
	// ServerName is what servers' certificates name, if not the hosts they are
	// asked at. REDIS_TLS_SERVER_NAME.
	ServerName string
}

// Validate reports everything that is wrong with how the Redis at a URL is asked, with
// the variables to set; what is wrong with the URL itself, [ParseURL] says. It never
// repeats a secret.
func (x Access) Validate(url string) error {
	a, err := parseAddress(url)
	if err != nil {
		return nil //nolint:nilerr // see above
	}
	_, tlsErr := x.tls(a)
	return errors.Join(x.validUsers(a), x.validTLS(a), tlsErr)
}

// user is who asks the servers that hold data.
func (x Access) user(a address) (username, password string) {
	if a.username+a.password != "" {
		return a.username, a.password
	}
	return x.Username, x.Password
}

func (x Access) validUsers(a address) error {
	var errs []error
	if a.username+a.password != "" && (x.Username != "" && x.Username != a.username || x.Password != "" && x.Password != a.password) {
		errs = append(errs, errors.New("REDIS_URL has another user or password in it than REDIS_USERNAME and REDIS_PASSWORD: want them in one place"))
	}
	if username, password := x.user(a); username != "" && password == "" {
		errs = append(errs, errors.New("REDIS_PASSWORD is empty: want that of the user in REDIS_USERNAME or REDIS_URL"))
	}
	if x.SentinelUsername != "" && x.SentinelPassword == "" {
		errs = append(errs, errors.New("REDIS_SENTINEL_PASSWORD is empty: want that of REDIS_SENTINEL_USERNAME"))
	}
	if x.SentinelPassword != "" && a.form != sentinel {
		errs = append(errs, errors.New("REDIS_SENTINEL_PASSWORD is set, and REDIS_URL names no Sentinels: want "+sentinelForm))
	}
	return errors.Join(errs...)
}

func (x Access) validTLS(a address) error {
	var errs []error
	if x.CA+x.Certificate+x.Key+x.ServerName != "" && !a.tls {
		errs = append(errs, errors.New("REDIS_TLS_CA, REDIS_TLS_CERT, REDIS_TLS_KEY or REDIS_TLS_SERVER_NAME is set, and REDIS_URL asks for no TLS: "+tlsForm))
	}
	if (x.Certificate == "") != (x.Key == "") {
		errs = append(errs, errors.New("REDIS_TLS_CERT and REDIS_TLS_KEY belong together: want files of both, in PEM"))
	}
	return errors.Join(errs...)
}

// tls returns what a connection begins with; nil without TLS.
func (x Access) tls(a address) (*tls.Config, error) {
	if !a.tls {
		return nil, nil //nolint:nilnil // go-redis has it so
	}
	// Without a ServerName it is that of the host that is dialed.
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: x.ServerName}
	if x.CA != "" {
		text, err := os.ReadFile(x.CA)
		cfg.RootCAs = x509.NewCertPool()
		if err != nil || !cfg.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("REDIS_TLS_CA is %q: want a file of certificates in PEM", x.CA)
		}
	}
	if x.Certificate == "" || x.Key == "" {
		return cfg, nil
	}
	if _, err := x.certificate(nil); err != nil {
		return nil, err
	}
	// Read for each connection: certificates are replaced before they run out.
	cfg.GetClientCertificate = x.certificate
	return cfg, nil
}

func (x Access) certificate(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	cert, err := tls.LoadX509KeyPair(x.Certificate, x.Key)
	if err != nil {
		return nil, fmt.Errorf("REDIS_TLS_CERT is %q and REDIS_TLS_KEY %q: want files of a certificate and its key, in PEM", x.Certificate, x.Key)
	}
	return &cert, nil
}
