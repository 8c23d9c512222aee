"""The public models' classes, one a file; what each can do stands in `engine.guidance.protocol.Denoiser`."""
