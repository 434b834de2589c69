//go:build !amd64

package resample

func fastest() kernel { return portable }
