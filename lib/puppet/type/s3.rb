# frozen_string_literal: true

require 'shellwords'
require 'puppet/parameter/boolean'
require_relative '../../puppet_x/webhook/absolute_path'
require_relative '../../puppet_x/webhook/s3_resource'
require_relative '../../puppet_x/webhook/told_by_provider'

Puppet::Type.newtype(:s3) do
  include PuppetX::Webhook::S3Resource

  desc <<~DOC
    @summary Brings an object, or all below a prefix, from S3 to disk, and only when they changed.

    A second run asks S3 once for each object (a HEAD), or once for each thousand objects of a
    prefix (a LIST), all of them in parallel, and fetches nothing.

    @example An object
      s3 { '/opt/app/app.zip':
        ensure            => present,
        source            => '/builds/app/app-3.2.1.zip',
        access_key_id     => 'AKIAIOSFODNN7EXAMPLE',
        secret_access_key => Sensitive('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'),
      }

    @example The greatest version
      s3 { '/opt/app/app.zip':
        ensure => latest,
        source => 's3://builds/app/app-*.zip',
      }

    @example A directory that holds what the prefix holds, and nothing else
      s3 { '/srv/www':
        source  => 's3://site/public/',
        exclude => ['*.bak', 'cache/'],
        purge   => true,
        owner   => 'www-data',
        mode    => '0644',
      }

    **Autorequires:** the nearest directory above `path` (for a prefix `path` itself) and
    `extract` that is a file resource, `ca_file`, the user and group of `owner` and `group`, and the package of Node.
  DOC

  newproperty(:ensure) do
    include PuppetX::Webhook::ToldByProvider

    desc <<~DOC
      `present` (the default) and `latest` both keep the file as its object is now. With a pattern
      in `source`, `latest` takes the object with the greatest version. `absent` removes the file;
      a whole directory only with `purge => true`.
    DOC

    newvalue(:present) { provider.apply }
    newvalue(:latest) { provider.apply }
    newvalue(:absent) { provider.remove }
    defaultto :present

    def retrieve
      provider.ensure
    end

    def insync?(is)
      (is == :absent) == (should == :absent)
    end
  end

  newparam(:path, namevar: true, parent: PuppetX::Webhook::AbsolutePath) do
    desc 'Where it goes: an absolute path; for a prefix, of a directory.'
  end

  newparam(:source) do
    desc <<~DOC
      Where it comes from: `/bucket/key` or `s3://bucket/key`. Ending in `/` it is a prefix, and
      `path` a directory. With `ensure => latest` its last part may be a pattern, with `*`, `?`
      and `[a-z]`: of the objects that match, the one whose version is the greatest is meant,
      where 3.10.0 is greater than 3.9.2, and 3.10.0-rc1 less than 3.10.0.
    DOC

    validate do |value|
      next if value.is_a?(String) && value =~ %r{\A(?:s3://|/)[^/]+(?:/|\z)}

      raise ArgumentError, "source must be /bucket/key or s3://bucket/key, not '#{value}'"
    end
  end

  newparam(:allow_downgrade, boolean: true, parent: Puppet::Parameter::Boolean) do
    desc <<~DOC
      Whether a pattern may go back to a lower version when a greater one has gone from S3.
      By default what is installed is kept, and the run warns.
    DOC
  end

  newparam(:access_key_id) do
    desc <<~DOC
      With `secret_access_key`, the credentials to use; both may be Sensitive. Without them, nor
      `profile` nor `anonymous`, they are looked for as the AWS SDK does: environment, shared
      files, web identity, container, instance metadata.
    DOC

    munge(&:to_s)
  end

  newparam(:secret_access_key) do
    desc 'The secret of `access_key_id`.'

    # Of digits alone, without quotes, it is a number to YAML.
    munge(&:to_s)
  end

  newparam(:session_token) do
    desc 'The token of temporary credentials.'

    munge(&:to_s)
  end

  newparam(:profile) do
    desc "The profile of Puppet's user's shared AWS files to use."
  end

  newparam(:role_arn) do
    desc <<~DOC
      A role to assume with these credentials. It is asked of AWS, or of `endpoint` where that is
      a server of your own.
    DOC
  end

  newparam(:external_id) do
    desc "The external id that the role's trust policy asks for."
  end

  newparam(:anonymous, boolean: true, parent: Puppet::Parameter::Boolean) do
    desc 'Whether to sign nothing, for a public bucket.'
  end

  newparam(:region) do
    desc 'The region to ask first, by default us-east-1. A bucket that is elsewhere is followed.'

    validate do |value|
      next if value.to_s =~ /\A[a-z0-9-]+\z/

      raise ArgumentError, "region must be one such as eu-central-1, not '#{value}'"
    end
  end

  newparam(:endpoint) do
    desc 'The URL of an S3 server other than AWS, such as `https://s3.example.com`.'

    validate do |value|
      next if value.to_s =~ %r{\Ahttps?://[^/@\s?#]+(/[^?#\s]*)?\z}

      raise ArgumentError, 'endpoint must be a URL such as https://s3.example.com, ' \
                           'without user, query and fragment'
    end
  end

  newparam(:force_path_style, boolean: true, parent: Puppet::Parameter::Boolean) do
    desc <<~DOC
      Whether the bucket is named in the path of the URL instead of in its host. True by default
      with an `endpoint`, and for AWS where the bucket's name has dots.
    DOC
  end

  newparam(:ca_file, parent: PuppetX::Webhook::AbsolutePath) do
    desc 'A file of certificates to trust for the endpoint, instead of those that Node knows.'
  end

  newparam(:request_payer, boolean: true, parent: Puppet::Parameter::Boolean) do
    desc 'Whether to pay for the requests, for buckets that ask for that.'
  end

  newparam(:sse_customer_key) do
    desc 'The key of an object encrypted with SSE-C: 32 bytes in base64.'

    validate do |value|
      next if value.to_s =~ %r{\A[A-Za-z0-9+/]{43}=\z}

      raise ArgumentError, 'sse_customer_key must be 32 bytes in base64'
    end
  end

  newparam(:version_id) do
    desc 'The version to bring, in a bucket that keeps versions.'
  end

  newparam(:checksum) do
    desc <<~DOC
      What the bytes must be, such as `sha256:9f86d0…`: verified on arrival, and a file that has
      it needs no question to S3 at all. Algorithms: sha256, sha512, sha1, md5, crc32, crc32c,
      crc64nvme; in hex.
    DOC

    digits = { 'md5' => 32, 'sha1' => 40, 'sha256' => 64, 'sha512' => 128,
               'crc32' => 8, 'crc32c' => 8, 'crc64nvme' => 16 }
    validate do |value|
      algorithm, hex = value.to_s.downcase.split(':', 2)
      next if hex =~ /\A\h+\z/ && hex.size == digits[algorithm]

      raise ArgumentError, 'checksum must be ALGORITHM:HEX, such as sha256: and 64 digits, ' \
                           "not '#{value}'"
    end
    munge(&:downcase)
  end

  newparam(:always_hash, boolean: true, parent: Puppet::Parameter::Boolean) do
    desc <<~DOC
      Whether to read every file on every run. By default a file whose inode number, size, mtime
      and ctime are those of the last run is taken to be unchanged. A write cannot leave ctime as
      it was, even if it puts mtime back; what this adds are changes below the file system, such
      as a failing disk, writes while the clock was set back, and a write within the same tick of
      the kernel's clock as ours.
    DOC
  end

  newparam(:purge, boolean: true, parent: Puppet::Parameter::Boolean) do
    desc <<~DOC
      Whether files that are not below the prefix are removed: after all that is has come, and
      never if the listing failed, nor what `exclude` names or the catalog declares elsewhere: the
      path of another `file`, `s3` or `s3file`, and all that is in the directory of a recursive
      `file`, of another prefix or of `extract`. With `ensure => absent`, whether the
      whole directory is removed.
    DOC
  end

  newparam(:max_purge) do
    desc <<~DOC
      The most files that one run may purge; if there are more, the resource fails and changes
      nothing.
    DOC

    validate do |value|
      next if value.to_s =~ /\A\d+\z/

      raise ArgumentError, "max_purge must be a number, not '#{value}'"
    end
    munge(&:to_i)
  end

  newparam(:allow_empty, boolean: true, parent: Puppet::Parameter::Boolean) do
    desc 'Whether a prefix without any object is meant so; by default it fails the resource.'
  end

  newparam(:include, array_matching: :all) do
    desc <<~DOC
      Globs of the keys to bring, relative to the prefix; all by default. `*` and `?` stay within
      a name, `**` crosses `/`, a glob without `/` is for the name at any depth, and one that ends
      in `/` for all that is in such a directory. All other files are left alone.
    DOC

    munge { |value| Array(value) }
  end

  newparam(:exclude, array_matching: :all) do
    desc 'Globs, as those of `include`, of the keys to leave alone: neither brought nor purged.'

    munge { |value| Array(value) }
  end

  newparam(:replace, boolean: true, parent: Puppet::Parameter::Boolean) do
    desc 'Whether a file that is there is kept as its object is, which is the default.'
  end

  newparam(:validate_cmd) do
    desc <<~DOC
      A command that a new file must pass before it takes its place: `%` in it is the new file's
      path. A string is split into words; no shell sees it.
    DOC

    munge { |value| value.is_a?(Array) ? value : Shellwords.split(value) }
  end

  newparam(:extract, parent: PuppetX::Webhook::AbsolutePath) do
    desc <<~DOC
      A directory to extract the archive into, whenever it changed: zip or tar, plain or
      compressed by gzip, bzip2, xz or zstd. An entry that would leave the directory fails it.
    DOC
  end

  newparam(:creates, parent: PuppetX::Webhook::AbsolutePath) do
    desc 'A path that extraction makes: while it is missing, the archive is extracted again.'
  end

  newparam(:cleanup, boolean: true, parent: Puppet::Parameter::Boolean) do
    desc 'Whether the archive is removed once it is extracted.'
  end

  newproperty(:content) do
    include PuppetX::Webhook::ToldByProvider

    desc <<~DOC
      What the file holds, by its ETag or version, or how a directory differs: the report's words
      for a change. It is not for a manifest to set.
    DOC

    validate do |value|
      raise ArgumentError, 'content comes from S3 and cannot be set' unless value == :from_s3
    end
    defaultto { :from_s3 }

    def retrieve
      is, should = provider.content
      @should = [should]
      is
    end

    def insync?(_is)
      provider.content_in_sync?
    end

    def set(_value)
      provider.apply
    end
  end

  newproperty(:owner, parent: PuppetX::Webhook::UserProperty) do
    desc <<~DOC
      The user who owns the file, or every file of a prefix, by name or number. Left out, a file
      keeps its own.
    DOC
  end

  newproperty(:group, parent: PuppetX::Webhook::GroupProperty) do
    desc <<~DOC
      The group of the file, or of every file of a prefix, by name or number. Left out, a file
      keeps its own.
    DOC
  end

  newproperty(:mode) do
    desc <<~DOC
      The permissions of the file, or of every file of a prefix, in octal digits; directories
      above those are searchable by whoever may read. Left out, a file keeps its own, and a new
      one gets 0644.
    DOC

    validate do |value|
      next if value.to_s =~ /\A[0-7]{3,4}\z/

      raise ArgumentError, "mode must be a quoted string of octal digits, such as '0644', " \
                           "not #{value.inspect}"
    end
    munge { |value| value.rjust(4, '0') }

    def set(_value)
      provider.set_attributes
    end
  end

  PuppetX::Webhook::S3Resource.requirements(self)

  validate { check_attributes }

  def target
    self[:path]
  end

  def object
    self[:source]
  end

  # A pattern is only meant where latest asks for one.
  def pattern?
    self[:ensure] == :latest && object.to_s =~ /[*?\[]/
  end

  def prefix?
    object.to_s =~ %r{/\z|\A(?:s3:/)?/[^/]+\z}
  end
end
