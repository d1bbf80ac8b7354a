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
