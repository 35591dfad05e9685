# What answers to commands say.
