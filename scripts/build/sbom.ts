import type { ThirdParty } from "../../src/cli/third_party.ts";

/** What the list of parts is about. */
export interface SbomOptions {
  /** The file's name, such as `weir-linux-x64`. */
  file: string;
  version: string;
  commit: string;
  /** The commit's time, in seconds. */
  mtimeS: number;
  sha256: string;
  parts: readonly (ThirdParty & { purl?: string })[];
}

/** The list of parts (SBOM) of a built file, in SPDX 2.3. */
export function sbom({ file, version, commit, mtimeS, sha256, parts }: SbomOptions): string {
  const created = new Date(mtimeS * 1000).toISOString().replace(/\.\d+Z$/, "Z");
  const self = {
    SPDXID: "SPDXRef-weir",
    name: "weir",
    versionInfo: version,
    packageFileName: file,
    sourceInfo: `commit ${commit}`,
    supplier: "NOASSERTION",
    downloadLocation: "NOASSERTION",
    filesAnalyzed: false,
    licenseConcluded: "GPL-3.0-only",
    licenseDeclared: "MIT",
    copyrightText: "NOASSERTION",
    checksums: [{ algorithm: "SHA256", checksumValue: sha256 }],
    primaryPackagePurpose: "APPLICATION",
  };
  const packages = parts.map((part) => ({
    SPDXID: idOf(part),
    name: part.name,
    versionInfo: part.version,
    supplier: "NOASSERTION",
    downloadLocation: part.homepage && /^https?:/.test(part.homepage) ? part.homepage : "NOASSERTION",
    filesAnalyzed: false,
    licenseConcluded: "NOASSERTION",
    licenseDeclared: /^[\w.+() -]+$/.test(part.licence) && part.licence !== "not told" ? part.licence : "NOASSERTION",
    copyrightText: "NOASSERTION",
    externalRefs: [{
      referenceCategory: "PACKAGE-MANAGER",
      referenceType: "purl",
      referenceLocator: part.purl ?? `pkg:npm/${part.name.replace("@", "%40")}@${part.version}`,
    }],
  }));
  const document = {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name: file,
    documentNamespace: `https://spdx.org/spdxdocs/${file}-${sha256}`,
    creationInfo: { created, creators: ["Tool: weir-build"] },
    packages: [self, ...packages],
    relationships: [
      { spdxElementId: "SPDXRef-DOCUMENT", relationshipType: "DESCRIBES", relatedSpdxElement: self.SPDXID },
      ...packages.map(({ SPDXID }) => ({
        spdxElementId: self.SPDXID,
        relationshipType: "CONTAINS",
        relatedSpdxElement: SPDXID,
      })),
    ],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function idOf({ name, version }: ThirdParty): string {
  return `SPDXRef-${`${name}-${version}`.replaceAll(/[^A-Za-z0-9.-]+/g, "-").replace(/^-/, "")}`;
}
