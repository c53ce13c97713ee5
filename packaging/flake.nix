{
  description = "Memoize any command: its second run returns at once";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
        "x86_64-darwin"
        "aarch64-darwin"
      ];
      each = make: nixpkgs.lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});
    in
    {
      packages = each (pkgs: {
        default = pkgs.rustPlatform.buildRustPackage {
          pname = "cachex";
          version = (builtins.fromTOML (builtins.readFile ../Cargo.toml)).package.version;
          src = ../.;
          cargoLock.lockFile = ../Cargo.lock;
          nativeBuildInputs = [ pkgs.installShellFiles ];
          buildInputs = pkgs.lib.optional pkgs.stdenv.hostPlatform.isLinux pkgs.glibc.static;
          # They try out shells, terminals and users, which the sandbox lacks.
          doCheck = false;
          postInstall = ''
            installManPage man/*.1
            installShellCompletion --cmd cachex --bash completions/cachex.bash \
              --zsh completions/_cachex --fish completions/cachex.fish
          '';
          meta = {
            description = "Memoize any command: its second run returns at once";
            license = with pkgs.lib.licenses; [
              mit
              asl20
            ];
            mainProgram = "cachex";
          };
        };
      });
    };
}
