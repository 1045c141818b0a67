module mandelfarm/tools/deepbench

go 1.26.0

require (
	github.com/stretchr/testify v1.12.1
	mandelfarm v0.0.0
)

require (
	github.com/klauspost/compress v1.20.3 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/sys v0.50.0 // indirect
)

replace mandelfarm => ../..
