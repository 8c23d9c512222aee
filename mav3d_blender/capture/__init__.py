"""What moves in the scene, whatever moves it, as mesh frames that the engine reads (`contract.track`)."""
