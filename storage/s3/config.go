package s3

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/minio/minio-go/v7/pkg/s3utils"
)

// Config says where the bucket is and who asks. The names of the environment
// variables are those cmd/mandelfarm reads the fields from; errors of
// [Config.Validate] use them.
type Config struct {
	// Endpoint is the server's URL, http or https, without a path:
	// "http://localhost:7070", "https://s3.eu-central-1.amazonaws.com".
	// Required. S3_ENDPOINT.
	Endpoint string
	// Bucket holds all objects, and is created if absent. S3_BUCKET, default
	// [DefaultBucket].
	Bucket string
	// Region signs the requests; a server that has no regions takes any.
	// S3_REGION, default [DefaultRegion].
	Region string
	// Prefix is a path in the bucket below which all objects lie, so that several
	// farms share one. S3_PREFIX, default none.
	Prefix string
	// Addressing is how requests name the bucket: [AddressingAuto], [AddressingPath]
	// or [AddressingHost]. S3_ADDRESSING, default the first.
	Addressing string
	// Credentials is where they are from: [CredentialsKeys] or [CredentialsChain].
	// S3_CREDENTIALS, default the first.
	Credentials string
	// AccessKeyID and SecretAccessKey are the credentials. Required, unless they are
	// from the chain. AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
	AccessKeyID     string
	SecretAccessKey Secret
	// Encryption is with what the server is asked to encrypt what is stored:
	// [EncryptionNone], [EncryptionS3] or [EncryptionKMS]. S3_ENCRYPTION, default the first.
	Encryption string
	// KMSKeyID is the key of [EncryptionKMS]; the bucket's own if it is empty.
	// S3_KMS_KEY_ID.
	KMSKeyID string
}

const (
	// DefaultBucket is the bucket when none is named.
	DefaultBucket = "mandelfarm"
	// DefaultRegion is the region when none is named, and the one that S3
	// servers without regions answer to.
	DefaultRegion = "us-east-1"
)

// DefaultConfig returns a Config in which only what has no default is missing.
func DefaultConfig() Config {
	return Config{
		Bucket: DefaultBucket, Region: DefaultRegion,
		Addressing: AddressingAuto, Credentials: CredentialsKeys, Encryption: EncryptionNone,
	}
}

// Validate reports everything that is wrong with the Config, each with the
// variable to set and the form it takes. It never repeats a credential.
func (c Config) Validate() error {
	return errors.Join(
		validEndpoint(c.Endpoint),
		validBucket(c.Bucket),
		required("S3_REGION", c.Region, "a region such as us-east-1"),
		c.validKeys(),
		c.validOptions(),
	)
}

func (c Config) validKeys() error {
	if c.Credentials == CredentialsChain {
		return nil
	}
	return errors.Join(
		required("AWS_ACCESS_KEY_ID", c.AccessKeyID, "the access key's ID, or S3_CREDENTIALS=chain"),
		required("AWS_SECRET_ACCESS_KEY", string(c.SecretAccessKey), "the access key's secret, or S3_CREDENTIALS=chain"),
	)
}

func required(variable, value, form string) error {
	if value == "" {
		return fmt.Errorf("%s is empty: want %s", variable, form)
	}
	return nil
}

func validEndpoint(endpoint string) error {
	const form = "want a URL such as http://localhost:7070 or https://s3.eu-central-1.amazonaws.com"
	if endpoint == "" {
		return errors.New("S3_ENDPOINT is empty: " + form)
	}
	u, err := url.Parse(endpoint)
	switch {
	case err != nil:
		// The parser's message would repeat a password in the URL.
		return errors.New("S3_ENDPOINT is not a URL: " + form)
	case u.User != nil:
		return errors.New("S3_ENDPOINT has credentials in it: put them in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return fmt.Errorf("S3_ENDPOINT is %q: %s", endpoint, form)
	case u.Path != "" && u.Path != "/", u.RawQuery != "", u.Fragment != "":
		return fmt.Errorf("S3_ENDPOINT is %q, with more than a host and port: %s", endpoint, form)
	}
	return nil
}

func validBucket(bucket string) error {
	if err := s3utils.CheckValidBucketNameStrict(bucket); err != nil {
		return fmt.Errorf("S3_BUCKET is %q: want 3 to 63 of a-z, 0-9, '-' and '.', beginning and ending with a letter or digit", bucket)
	}
	return nil
}
