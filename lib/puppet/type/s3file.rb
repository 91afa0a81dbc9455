# frozen_string_literal: true

require_relative '../../puppet_x/webhook/s3_resource'

Puppet::Type.newtype(:s3file) do
  include PuppetX::Webhook::S3Resource

  desc <<~DOC
    @summary Brings a build from S3 to disk by its name, or by the beginning of its name.

    It is an `s3` resource seen from the build: the title names it, `path` says where on S3 it is,
    `target` where it goes. It takes all attributes of `s3` that are for a single object, such as
    credentials, `checksum`, `owner` or `extract`, with the same meaning.

    @example The latest build of a service
      s3file { 'micro_service_':
        ensure => latest,
        path   => '/builds/micro_service/',
        target => '/opt/micro_service/app.zip',
      }
  DOC

  s3 = Puppet::Type.type(:s3)

  newproperty(:ensure, parent: s3.propertybyname(:ensure)) do
    desc <<~DOC
      `latest` follows the greatest version of the objects whose names begin with the title;
      `present` takes the object of just this name, or else the greatest version, and then stays
      with it. `absent` removes the file.
    DOC

    newvalue(:present) { provider.apply }
    newvalue(:latest) { provider.apply }
    newvalue(:absent) { provider.remove }
    defaultto :present
  end

  newparam(:name, namevar: true) do
    desc <<~DOC
      The base name of the object, or its beginning. A beginning that ends in a digit ends a
      number: `app_1.2` means `app_1.2.zip` and `app_1.2.7.zip`, but not `app_1.20.zip`.
    DOC

    validate do |value|
      next unless value.include?('/')

      raise ArgumentError, "the name of a build has no /, unlike '#{value}': that belongs to path"
    end
  end

  newparam(:path) do
    desc 'Where on S3 it is: `/bucket/` or `/bucket/directory/`.'

    validate do |value|
      next if value.to_s =~ %r{\A(?:s3://|/)[^/]+(?:/|\z)}

      raise ArgumentError, 'path must be where on S3 the build is, /bucket/ or ' \
                           "/bucket/directory/, not '#{value}'"
    end
    munge { |value| "#{value.chomp('/')}/" }
  end

  newparam(:target, parent: PuppetX::Webhook::AbsolutePath) do
    desc 'Where it goes. By default it keeps its title, below /var/lib/webhook/artifacts.'
  end

  own = %i[path source ensure provider name] + PuppetX::Webhook::S3Resource::FOR_PREFIX
  (s3.parameters - own).each do |name|
    newparam(name, parent: s3.paramclass(name)) { desc s3.paramclass(name).doc }
  end
  (s3.properties.map(&:name) - own).each do |name|
    newproperty(name, parent: s3.propertybyname(name)) { desc s3.propertybyname(name).doc }
  end

  PuppetX::Webhook::S3Resource.requirements(self)

  validate { check_attributes }

  # The directory of builds without a target of their own.
  def self.artifacts
    '/var/lib/webhook/artifacts'
  end

  # Of that directory, what no one else declares: the first build that goes there makes it for all.
  def generate
    return [] unless into_artifacts?

    [File.dirname(self.class.artifacts), self.class.artifacts]
      .reject { |path| catalog.resource(:file, path) }
      .map { |path| artifacts_directory(path) }
  end

  def into_artifacts?
    self[:target].nil? && self[:ensure] != :absent
  end

  # They come before the file that goes into them: Puppet has generated resources come after else.
  def depthfirst?
    true
  end

  def target
    self[:target] || File.join(self.class.artifacts, self[:name])
  end

  def object
    self[:path] && "#{self[:path]}#{self[:name]}"
  end

  def pattern?
    true
  end

  def prefix?
    false
  end

  def to_wire
    super.merge('name_prefix' => true)
  end

  private

  def artifacts_directory(path)
    builds = catalog.resources.select { |other| other.is_a?(self.class) && other.into_artifacts? }
    attributes = { path: path, ensure: :directory }.merge(applied_as(builds))
    directory = Puppet::Type.type(:file).new(attributes)
    builds.each { |build| directory.merge_tags_from(build) }
    directory
  end

  # When any of the builds is; Puppet itself gives what is generated the tags of the first, no more.
  def applied_as(builds)
    schedules = builds.map { |build| build[:schedule] }.uniq
    { noop: builds.all?(&:noop?), schedule: (schedules.first if schedules.size == 1) }.compact
  end
end
