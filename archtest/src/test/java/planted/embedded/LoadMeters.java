package planted.embedded;

final class LoadMeters {}
