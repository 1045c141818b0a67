package s3

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/encrypt"

	"mandelfarm/storage"
)

// The values of Config.Addressing: how a request names the bucket.
const (
	AddressingAuto = "auto"         // in the host for servers known to want it, else in the path
	AddressingPath = "path"         // https://host/bucket/key
	AddressingHost = "virtual-host" // https://bucket.host/key
)

// The values of Config.Credentials: where they are from.
const (
	CredentialsKeys  = "keys"  // the two fields of the Config
	CredentialsChain = "chain" // the first of where AWS looks
)

// The values of Config.Encryption: with what the server is to encrypt objects.
const (
	EncryptionNone = "none" // as the bucket has it
	EncryptionS3   = "s3"   // SSE-S3: a key of the server's
	EncryptionKMS  = "kms"  // SSE-KMS: a key of its key service
)

func (c Config) lookup() minio.BucketLookupType {
	switch c.Addressing {
	case AddressingPath:
		return minio.BucketLookupPath
	case AddressingHost:
		return minio.BucketLookupDNS
	}
	return minio.BucketLookupAuto
}

// credentials looks, for a chain, where the tools of AWS do: into the environment, into
// the file of AWS_SHARED_CREDENTIALS_FILE or ~/.aws/credentials, and then for the role of
// a web identity, of a container or of a machine. What runs out is asked for again.
func (c Config) credentials() *credentials.Credentials {
	if c.Credentials != CredentialsChain {
		return credentials.NewStaticV4(c.AccessKeyID, string(c.SecretAccessKey), "")
	}
	return credentials.NewChainCredentials([]credentials.Provider{
		&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{Region: c.Region},
	})
}

func (c Config) encryption() (encrypt.ServerSide, error) {
	switch c.Encryption {
	case EncryptionS3:
		return encrypt.NewSSE(), nil
	case EncryptionKMS:
		return encrypt.NewSSEKMS(c.KMSKeyID, nil)
	}
	return nil, nil //nolint:nilnil // minio-go has it so
}

// maxPrefix leaves room for keys in the 1024 bytes that S3 allows.
const maxPrefix = 256

// validOptions reports what is wrong with how the bucket is used.
func (c Config) validOptions() error {
	errs := []error{
		oneOf("S3_ADDRESSING", c.Addressing, AddressingAuto, AddressingPath, AddressingHost),
		oneOf("S3_CREDENTIALS", c.Credentials, CredentialsKeys, CredentialsChain),
		oneOf("S3_ENCRYPTION", c.Encryption, EncryptionNone, EncryptionS3, EncryptionKMS),
	}
	if c.Prefix != "" && (storage.ValidKey(c.Prefix) != nil || len(c.Prefix) > maxPrefix) {
		errs = append(errs, fmt.Errorf("S3_PREFIX is %q: want names of a-z, 0-9, '.', '_' and '-' with slashes between, such as farms/one, and at most %d bytes", c.Prefix, maxPrefix))
	}
	if c.KMSKeyID != "" && c.Encryption != EncryptionKMS {
		errs = append(errs, errors.New("S3_KMS_KEY_ID is set: want S3_ENCRYPTION to be kms, or no key"))
	}
	return errors.Join(errs...)
}

// oneOf takes nothing for the first of the values.
func oneOf(variable, value string, values ...string) error {
	if value == "" || slices.Contains(values, value) {
		return nil
	}
	return fmt.Errorf("%s is %q: want %s", variable, value, strings.Join(values, " or "))
}
