-- Who a person is at a provider that vouches for them, by the kind of provider: oidc or saml.
CREATE TABLE dailies_identity (
    provider   text NOT NULL,
    issuer     text NOT NULL,
    subject    text NOT NULL,
    person_id  blob NOT NULL,
    created_at datetime NOT NULL,
    CONSTRAINT dailies_identity_pkey PRIMARY KEY (provider, person_id),
    CONSTRAINT dailies_identity_subject_key UNIQUE (provider, issuer, subject),
    CONSTRAINT dailies_identity_person_id_fkey FOREIGN KEY (person_id) REFERENCES person (id) ON DELETE CASCADE
);
CREATE INDEX dailies_ix_identity_person_id ON dailies_identity (person_id);

-- What persons were bound to by release 1.0.97 of the reference system, which keeps it in columns of theirs.
INSERT INTO dailies_identity (provider, issuer, subject, person_id, created_at)
SELECT 'oidc', oidc_issuer, oidc_subject, id, CURRENT_TIMESTAMP FROM person WHERE oidc_issuer IS NOT NULL AND oidc_subject IS NOT NULL
UNION ALL
SELECT 'saml', saml_issuer, saml_subject, id, CURRENT_TIMESTAMP FROM person WHERE saml_issuer IS NOT NULL AND saml_subject IS NOT NULL;
